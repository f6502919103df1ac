import { counted, type Report } from './report.ts';

/** A table for a comment in a pull request. */
export function markdownReport({ files, problems }: Report): string {
  if (problems.length === 0)
    return `**groundcrew validate**: ${counted(files.length, 'file')}, no problems\n`;
  const rows = problems.map(
    ({ file, line, column, code, message, hint }) =>
      `| ${cell(`${file}:${line}:${column}`)} | \`${code}\` | ${cell(message)} | ${cell(hint)} |\n`,
  );
  const head = `**groundcrew validate**: ${counted(problems.length, 'problem')} in ${counted(files.length, 'file')}\n`;
  return `${head}\n| where | code | problem | hint |\n| --- | --- | --- | --- |\n${rows.join('')}`;
}

/** Text of a manifest must stay text: no table cell, link, mention or HTML may come out of it. */
function cell(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*_{}[\]()#+!|<>~@&-]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
