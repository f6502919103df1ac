import type { Problem } from '../../schemas/problem.ts';
import { oneLine, type Paint } from '../terminal.ts';
import type { Report } from './report.ts';

const widest = 100;

/** A problem for people: what it says, the line that it is about with a caret, and what to do. */
export function framed(problem: Problem, sourceLine: Report['sourceLine'], paint: Paint): string {
  const { file, line, column, severity, code, message, hint, finding } = problem;
  const place = paint('bold', oneLine(`${file}:${line}:${column}:`));
  const first = `${place} ${paint(severity === 'error' ? 'red' : 'yellow', severity)} ${code} ${oneLine(finding?.what ?? message)}\n`;
  const rows: [string, string | undefined][] = [
    ['found', finding?.found],
    ['legal', finding?.legal],
    ['hint', hint],
  ];
  const details = rows.flatMap(([name, text]) =>
    text === undefined ? [] : [`  ${paint('dim', name.padEnd(5))}  ${oneLine(text)}\n`],
  );
  return `${first}${frame(problem, sourceLine(file, line), paint)}${details.join('')}\n`;
}

/** The source line, and a caret under what the problem is about. A long line is shown around it. */
function frame({ line, column, length = 1 }: Problem, source: string | undefined, paint: Paint): string {
  if (source === undefined) return '';
  const start = Math.max(0, Math.min(column - 20, source.length - widest));
  const shown = plain(source.slice(start, start + widest));
  const before = plain(source.slice(start, column - 1)).replace(/[^\t]/g, ' ');
  const underline = '^'.repeat(Math.max(1, Math.min(length, shown.length - before.length)));
  const margin = String(line).padStart(5);
  return `${paint('dim', `${margin} |`)} ${shown}\n${paint('dim', '      |')} ${before}${paint('red', underline)}\n`;
}

/** One character for one character, so that the caret stands where it should. */
function plain(text: string): string {
  // oxlint-disable-next-line no-control-regex -- these are what must not reach a terminal
  return text.replace(
    /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g,
    ' ',
  );
}
