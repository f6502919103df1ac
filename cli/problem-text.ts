import type { Problem } from '../schemas/problem.ts';
import { oneLine } from './terminal.ts';

/** `file:3:7: error Code: message`, and the hint on a line of its own. A flag and a variable have no line. */
export function problemText({ file, line, column, severity, code, message, hint }: Problem): string {
  const place = /^(--|\$)/.test(file) ? file : `${file}:${line}:${column}`;
  return `${oneLine(`${place}: ${severity} ${code}: ${message}`)}\n  ${oneLine(hint)}\n`;
}
