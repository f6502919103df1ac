import type { Problem } from '../../schemas/problem.ts';
import type { Surroundings } from '../sub-command.ts';
import { oneLine, type Paint, painter } from '../terminal.ts';
import { counted, type Report } from './report.ts';

const widest = 100;

/** For people: each problem with the line that it is about. */
export function textReport(report: Report, { stdout, env }: Pick<Surroundings, 'stdout' | 'env'>): string {
  const paint = painter(stdout, env);
  const problems = report.problems.map((each) => problemText(each, report, paint));
  return `${problems.join('')}${summary(report, paint)}\n`;
}

function problemText(problem: Problem, report: Report, paint: Paint): string {
  const { file, line, column, severity, code, message, hint, finding } = problem;
  const place = paint('bold', oneLine(`${file}:${line}:${column}:`));
  const first = `${place} ${paint('red', severity)} ${code} ${oneLine(finding?.what ?? message)}\n`;
  const rows: [string, string | undefined][] = [
    ['found', finding?.found],
    ['legal', finding?.legal],
    ['hint', hint],
  ];
  const details = rows.flatMap(([name, text]) =>
    text === undefined ? [] : [`  ${paint('dim', name.padEnd(5))}  ${oneLine(text)}\n`],
  );
  return `${first}${frame(problem, report, paint)}${details.join('')}\n`;
}

/** The source line, and a caret under what the problem is about. A long line is shown around it. */
function frame({ file, line, column, length = 1 }: Problem, report: Report, paint: Paint): string {
  const source = report.sourceLine(file, line);
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

function summary({ files, problems }: Report, paint: Paint): string {
  if (problems.length === 0)
    return `${paint('green', 'valid')}: ${counted(files.length, 'file')}, no problems`;
  const broken = new Set(problems.map(({ file }) => file)).size;
  return `${counted(problems.length, 'problem')} in ${counted(broken, 'file')}; ${counted(files.length, 'file')} checked`;
}
