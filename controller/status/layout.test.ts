import { expect, test } from 'vitest';
import { sha256 } from '../../schemas/digest.ts';
import { keyOf, partsOf, pathOf } from './layout.ts';
import { subjectOf } from './subject.ts';

test('every document has one place, and its place names it', () => {
  for (const key of [
    'controller',
    'readme',
    'commands/hello',
    'invocations/a.b-c',
    'instances/mi-0a',
  ] as const)
    expect(keyOf(pathOf(key))).toBe(key);
  expect(pathOf('commands/hello')).toBe(`commands/${sha256('hello').slice(0, 2)}/hello.yaml`);
  expect(partsOf('invocations/a.b-c')).toEqual({ folder: 'invocations', name: 'a.b-c' });
});

test.each([
  'notes.txt',
  'commands/hello.yaml',
  'commands/zz/hello.yaml',
  'commands/ab/x/hello.yaml',
  'other/2c/hello.yaml',
  'README.md/x',
  '',
])('%j is a place of somebody else', (path) => expect(keyOf(path)).toBeUndefined());

test('a commit says what it changes', () => {
  expect(subjectOf(['invocations/a', 'controller', 'invocations/b', 'instances/c'], '0123456789')).toBe(
    'status: 2 invocations, 1 instance at 0123456',
  );
  expect(subjectOf(['controller', 'readme'], undefined)).toBe('status: controller');
});
