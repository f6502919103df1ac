import type { Report } from './report.ts';

/** JUnit XML: one test case for each file. */
export function junitReport({ files, problems }: Report): string {
  const names = [...new Set([...files, ...problems.map(({ file }) => file)])].sort();
  const failed = new Set(problems.map(({ file }) => file)).size;
  const cases = names.map((name) => {
    const failures = problems
      .filter(({ file }) => file === name)
      .map(({ code, line, column, message, hint }) => {
        const text = escaped(`${name}:${line}:${column}: ${message}\n${hint}`);
        return `      <failure type="${code}" message="${escaped(`${line}:${column} ${message}`)}">${text}</failure>\n`;
      });
    return `    <testcase classname="groundcrew.validate" name="${escaped(name)}">\n${failures.join('')}    </testcase>\n`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    `<testsuites tests="${names.length}" failures="${failed}">\n`,
    `  <testsuite name="groundcrew validate" tests="${names.length}" failures="${failed}">\n`,
    ...cases,
    '  </testsuite>\n</testsuites>\n',
  ].join('');
}

function escaped(text: string): string {
  return (
    text
      // XML 1.0 has no way to write these.
      // oxlint-disable-next-line no-control-regex
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu, '\ufffd')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll('\n', '&#10;')
  );
}
