import { expect, test } from 'vitest';
import { schema } from './validator.ts';

test.each(['command', 'invocation', 'config', 'wire', 'status', 'definitions'] as const)(
  'the schema %s compiles in strict mode',
  (file) => {
    expect(schema(file)).toBeTypeOf('function');
  },
);

test('a definition is asked for by its name', () => {
  const isName = schema<string>('definitions', 'name');
  expect(isName('web-1')).toBe(true);
  expect(isName('-web')).toBe(false);
  expect(() => schema('definitions', 'nonsense')).toThrow(/no such schema|can't resolve/);
});

test('exactly one of several fields is needed where the schema says so', () => {
  const isSpec = schema('definitions', 'commandSpec');
  expect(isSpec({ type: 'RunShellScript', content: 'x' })).toBe(true);
  expect(isSpec({ type: 'RunShellScript' })).toBe(false);
  expect(isSpec({ type: 'RunShellScript', content: 'x', contentBase64: 'eA==' })).toBe(false);
});

test('a field that is not there yet is refused whatever its value is', () => {
  const isSpec = schema('invocation', 'invocationSpec');
  const spec = { commandRef: { name: 'a' }, targets: { selector: {} } };
  expect(isSpec(spec)).toBe(true);
  expect(isSpec({ ...spec, rollout: {} })).toBe(false);
  expect(isSpec.errors).toMatchObject([{ keyword: 'notYet', instancePath: '/rollout' }]);
});
