import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { cells } from './kinds.ts';
import { printed } from './output.ts';
import { table } from './table.ts';

test('columns are as wide as their widest cell, and no line ends in blanks', () => {
  expect(
    table(
      ['NAME', 'STATE', 'X'],
      [
        ['web-1', 'Running', ''],
        ['a', '', 'b'],
      ],
    ),
  ).toBe('NAME   STATE    X\nweb-1  Running\na               b\n');
});

test('wide characters and marks take the columns that they take on a terminal', () => {
  expect(
    table(
      ['N', 'S'],
      [
        ['网络', 'a'],
        ['e\u0301', 'b'],
        ['🚀', 'c'],
      ],
    ),
  ).toBe('N     S\n网络  a\ne\u0301     b\n🚀    c\n');
});

test('a manifest cannot draw on the terminal through a table', () => {
  const item = {
    apiVersion: 'groundcrew.dev/v1' as const,
    kind: 'CommandStatus' as const,
    metadata: { name: 'a' },
    status: {
      type: 'RunShellScript' as const,
      contentDigest: 'c'.repeat(64),
      parameters: ['x\u001b[2Jy\nz\u202e'],
      source: { commit: 'd', path: 'manifests/a.yaml', line: 3 },
      conditions: [],
    },
  };
  expect(cells('commands', [item]).rows).toEqual([
    ['a', 'RunShellScript', 'xy z', 'cccccccccccc', 'manifests/a.yaml:3'],
  ]);
});

test('json and yaml say the same, whatever the values look like', () => {
  const shared = { on: 'yes' };
  const value = {
    items: [{ text: '12:30', no: 'no', zero: '0123', lines: 'a\nb\n', shared, again: shared }],
  };
  const asTable = () => ({ header: [], rows: [] });
  expect(JSON.parse(printed('json', value, asTable))).toEqual(value);
  expect(parse(printed('yaml', value, asTable))).toEqual(value);
  expect(printed('yaml', value, asTable)).not.toMatch(/[&*]a/);
});

test('an empty table says so', () => {
  expect(printed('table', { items: [] }, () => cells('instances', []))).toBe('nothing found\n');
});
