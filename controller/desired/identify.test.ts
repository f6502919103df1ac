import { expect, test } from 'vitest';
import { invocation, shell } from '../../test/support/catalog.ts';
import { environmentOf, substitute } from '../manifest/substitute.ts';
import { effectiveParameters, identify } from './identify.ts';

const plain = identify(invocation('hello'));

test.each([
  ['labels', invocation('hello', { labels: { team: 'web' } })],
  ['annotations', invocation('hello', { annotations: { note: 'x' } })],
  ['the file', invocation('hello', { path: 'elsewhere.yaml' })],
  ['the targets', invocation('hello', { targets: { instances: ['web-1'], lateJoiners: 'Run' } })],
  ['the timeout', invocation('hello', { timeoutSeconds: 5 })],
  ['stop', invocation('hello', { stop: true })],
  ['the deletion policy', invocation('hello', { deletionPolicy: 'Stop' })],
])('%s does not make it another run', (_, changed) => {
  expect(identify(changed)).toEqual(plain);
});

test.each([
  ['the name', invocation('hullo')],
  ['a parameter', invocation('hello', { parameters: { who: 'you' } })],
  ['the user', invocation('hello', { username: 'deploy' })],
  ['the directory', invocation('hello', { workingDir: '/srv' })],
  ['the launcher', invocation('hello', { launcher: 'nice sh' })],
  ['the repeat mode', invocation('hello', { repeat: { mode: 'EveryReboot' } })],
  ['rerun', invocation('hello', { rerun: '2' })],
  ['the command', invocation('hello', { does: { ref: 'other', place: { file: 'f', line: 1, column: 1 } } })],
  ['an inline command', invocation('hello', { does: { inline: shell('date') } })],
])('%s makes it another run', (_, changed) => {
  expect(identify(changed).id).not.toBe(plain.id);
});

test('only the name sets a renamed run apart', () => {
  const renamed = identify(invocation('hullo'));
  expect(renamed.digest).not.toBe(plain.digest);
  expect(renamed.digestWithoutName).toBe(plain.digestWithoutName);
});

test.each(['__proto__', 'constructor', 'tostring'])('a parameter may be called %s', (name) => {
  const one = invocation('hello', { parameters: Object.fromEntries([[name, 'one']]) });
  const two = invocation('hello', { parameters: Object.fromEntries([[name, 'two']]) });
  expect(identify(one).id).not.toBe(identify(two).id);
  const values = effectiveParameters(one, [{ name, required: true }]);
  expect(JSON.stringify(values)).toBe(`{"${name}":"one"}`);
  expect(substitute(`{{${name}}}`, values, {})).toBe('one');
  expect(environmentOf(values)).toEqual({ [`GC_PARAM_${name.toUpperCase()}`]: 'one' });
});

test('another inline script is another run', () => {
  const inline = (script: string) => identify(invocation('hello', { does: { inline: shell(script) } }));
  expect(inline('date').id).not.toBe(inline('date -u').id);
});

test('the order of parameters does not matter', () => {
  const one = identify(invocation('hello', { parameters: { a: '1', b: '2' } }));
  const two = identify(invocation('hello', { parameters: { b: '2', a: '1' } }));
  expect(one).toEqual(two);
});

test('the digest of this Invocation stays what it is from version to version', () => {
  // Made by another SHA-256 over this text: were it to change, everything that ever ran would run again.
  // {"command":{"ref":"greet"},"name":"hello","parameters":{"who":"you"},"repeatMode":"Once","rerun":"1","version":1}
  expect(identify(invocation('hello', { parameters: { who: 'you' }, rerun: '1' })).id).toBe(
    'r-c92bddfe950ab43b233c2478',
  );
});
