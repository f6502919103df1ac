import type { Report } from './report.ts';

/** For programs: one object, described in docs. */
export function jsonReport({ files, problems }: Report): string {
  const report = {
    valid: problems.every(({ severity }) => severity !== 'error'),
    files: files.length,
    problems: problems.map(({ code, severity, message, hint, file, line, column }) => ({
      code,
      severity,
      message,
      hint,
      file,
      line,
      column,
    })),
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}
