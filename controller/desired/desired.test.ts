import { expect, test } from 'vitest';
import { catalog, command, invocation } from '../../test/support/catalog.ts';
import type { Catalog } from '../manifest/catalog.ts';
import { desired } from './desired.ts';

const first = catalog([command('greet'), invocation('a'), invocation('b')]);

function after(before: Catalog, next: Catalog, ...names: string[]): Catalog {
  const changesFrom = { revision: before.revision, commands: new Set<string>(), invocations: new Set(names) };
  return { ...next, changesFrom };
}

test('what did not change since the last catalog is the same object', () => {
  const next = after(
    first,
    catalog([command('greet'), invocation('a', { rerun: '2' }), invocation('b')]),
    'a',
  );
  const before = desired(first);
  const now = desired(next, before);
  expect(now.wanted.get('b')).toBe(before.wanted.get('b'));
  expect(now.wanted.get('a')?.id).not.toBe(before.wanted.get('a')?.id);
});

test('the same catalog wants the same object', () => {
  const before = desired(first);
  expect(desired(first, before)).toBe(before);
});

test('a catalog that does not follow the last one is looked at whole', () => {
  const elsewhere = catalog([command('greet'), invocation('b', { rerun: '2' })]);
  const now = desired(after(catalog([]), elsewhere, 'a'), desired(first));
  expect([...now.wanted.keys()]).toEqual(['b']);
});

test('an Invocation that is gone is wanted no longer', () => {
  const next = after(first, catalog([command('greet'), invocation('b')]), 'a');
  expect([...desired(next, desired(first)).wanted.keys()]).toEqual(['b']);
});
