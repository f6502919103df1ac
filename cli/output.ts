import { Option } from 'commander';
import { stringify } from 'yaml';
import { table } from './table.ts';

export type OutputFormat = 'table' | 'json' | 'yaml';

/** -o table|json|yaml */
export function outputOption(): Option {
  return new Option('-o, --output <format>', 'how it is printed')
    .choices(['table', 'json', 'yaml'])
    .default('table');
}

/** A value as JSON or YAML, or its table. */
export function printed(
  format: OutputFormat,
  value: unknown,
  asTable: () => { header: readonly string[]; rows: readonly (readonly string[])[] },
): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify(value, null, 2)}\n`;
    case 'yaml':
      return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
    case 'table': {
      const { header, rows } = asTable();
      return rows.length === 0 ? 'nothing found\n' : table(header, rows);
    }
  }
}
