import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { problemCodes } from '../../schemas/problem-codes.ts';
import { packageVersion } from '../package.ts';
import type { Report } from './report.ts';

/** SARIF 2.1.0, which code scanning services read. */
export function sarifReport({ problems }: Report): string {
  const codes = [...new Set(problems.map(({ code }) => code))].sort();
  const rules = codes.map((id) => ({
    id,
    shortDescription: { text: problemCodes[id].title },
    help: { text: problemCodes[id].hint },
  }));
  const results = problems.map(({ code, severity, message, hint, file, line, column, length = 1 }) => ({
    ruleId: code,
    ruleIndex: codes.indexOf(code),
    level: severity,
    message: { text: `${message}. ${hint}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(file) },
          region: { startLine: line, startColumn: column, endColumn: column + length },
        },
      },
    ],
  }));
  const driver = { name: 'groundcrew', version: packageVersion(), rules };
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [{ tool: { driver }, columnKind: 'utf16CodeUnits', results }],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function uriOf(file: string): string {
  return isAbsolute(file) ? pathToFileURL(file).href : file.split('/').map(encodeURIComponent).join('/');
}
