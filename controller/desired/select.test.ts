import { expect, test } from 'vitest';
import type { Selector } from '../../schemas/generated/invocation.ts';
import { type Candidate, select } from './select.ts';

function instance(
  name: string,
  labels: Record<string, string>,
  ownLabels: Record<string, string> = {},
): Candidate {
  return { id: `mi-${name}`, name, labels, ownLabels };
}

const candidates = [
  instance('web-1', { role: 'web', zone: 'a' }),
  instance('web-2', { role: 'web', zone: 'b' }),
  instance('db-1', { role: 'db' }, { role: 'web', disk: 'ssd' }),
  instance('bare', {}),
];
const fleet = {
  instances: new Map(candidates.map((candidate) => [candidate.id, candidate])),
  findInstance: (key: string) => candidates.find(({ id, name }) => id === key || name === key),
};

function names(selector: Selector): string[] {
  return select({ selector, lateJoiners: 'Ignore' }, fleet).instances.map((id) => id.slice(3));
}

test('an empty selector is every instance', () => {
  expect(names({})).toEqual(['bare', 'db-1', 'web-1', 'web-2']);
});

test('labels of the enrolment code win over what an agent says of itself', () => {
  expect(names({ matchLabels: { role: 'web' } })).toEqual(['web-1', 'web-2']);
  expect(names({ matchLabels: { disk: 'ssd' } })).toEqual(['db-1']);
});

test.each<[NonNullable<Selector['matchExpressions']>, string[]]>([
  [[{ key: 'zone', operator: 'In', values: ['a', 'c'] }], ['web-1']],
  [[{ key: 'zone', operator: 'NotIn', values: ['a'] }], ['bare', 'db-1', 'web-2']],
  [[{ key: 'role', operator: 'Exists' }], ['db-1', 'web-1', 'web-2']],
  [[{ key: 'role', operator: 'DoesNotExist' }], ['bare']],
  [[{ key: 'constructor', operator: 'Exists' }], []],
  [[{ key: 'toString', operator: 'DoesNotExist' }], ['bare', 'db-1', 'web-1', 'web-2']],
  [
    [
      { key: 'role', operator: 'In', values: ['web'] },
      { key: 'zone', operator: 'NotIn', values: ['b'] },
    ],
    ['web-1'],
  ],
])('%j means %j', (matchExpressions, expected) => {
  expect(names({ matchExpressions })).toEqual(expected);
});

test('a list is by id or by name, and adds to the selector', () => {
  const targets = { instances: ['web-1', 'mi-bare', 'web-1'], selector: { matchLabels: { role: 'db' } } };
  const { instances, unknown } = select({ ...targets, lateJoiners: 'Ignore' }, fleet);
  expect(instances).toEqual(['mi-bare', 'mi-db-1', 'mi-web-1']);
  expect(unknown).toEqual([]);
});

test('what the list names and nobody is, is told', () => {
  expect(select({ instances: ['web-9', 'web-1'], lateJoiners: 'Ignore' }, fleet)).toEqual({
    instances: ['mi-web-1'],
    unknown: ['web-9'],
  });
});
