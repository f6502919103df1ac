import { counted, type Report } from './report.ts';

/** Workflow commands that make annotations in a pull request on GitHub. */
export function githubReport({ files, problems }: Report): string {
  const lines = problems.map(({ severity, file, line, column, length = 1, code, message, hint }) => {
    const place = `file=${property(file)},line=${line},col=${column},endColumn=${column + length}`;
    return `::${severity} ${place},title=${property(code)}::${data(`${message}\n${hint}`)}\n`;
  });
  return `${lines.join('')}${counted(problems.length, 'problem')}, ${counted(files.length, 'file')} checked\n`;
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
