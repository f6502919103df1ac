import { expect, test } from 'vitest';
import { nearest } from './nearest.ts';
import type { Place } from './problem.ts';
import { problemsOfErrors, type Vocabulary } from './schema-problems.ts';
import { schema } from './validator.ts';

const locate = (path: readonly string[], part: 'key' | 'value'): Place => ({
  file: `${part} ${path.join('.')}`,
  line: 1,
  column: 1,
});

function problems(file: 'config' | 'command', value: unknown, vocabulary: Vocabulary) {
  const validate = schema(file);
  validate(value);
  return problemsOfErrors(validate.errors ?? [], locate, vocabulary);
}

test('settings have codes of their own, and one mistake makes one problem', () => {
  const found = problems('config', { repoo: 'x', data: 'd', listen: '', 'max-targets': 'many' }, 'config');
  expect(found.map(({ code, file }) => `${code} ${file}`).sort()).toEqual([
    'ConfigInvalidValue value listen',
    'ConfigInvalidValue value max-targets',
    'ConfigUnknownSetting key repoo',
  ]);
});

test('a missing setting is named', () => {
  expect(problems('config', { repo: 'x' }, 'config')).toMatchObject([
    { code: 'ConfigMissingSetting', file: 'key ', message: expect.stringContaining('data is missing') },
  ]);
});

test('a message says what was found and what is legal, and its parts say the same', () => {
  const value = {
    apiVersion: 'groundcrew.dev/v1',
    kind: 'Command',
    metadata: { name: 'a' },
    spec: { type: 'RunPearlScript', content: 'x' },
  };
  expect(problems('command', value, 'manifest')).toMatchObject([
    {
      code: 'UnknownValue',
      message:
        'spec.type has a value that it cannot have; found "RunPearlScript"; legal: RunShellScript, RunPythonScript, RunPerlScript, RunPowerShellScript, RunBatScript',
      hint: 'Did you mean "RunPerlScript"?',
      finding: { found: '"RunPearlScript"' },
    },
  ]);
});

test('the nearest candidate is found whatever the case, and far ones are not', () => {
  expect(nearest('METADATE', ['spec', 'metadata'])).toBe('metadata');
  expect(nearest('tpye', ['type', 'timeout'])).toBe('type');
  expect(nearest('foo', ['type', 'timeout'])).toBeUndefined();
  expect(nearest('x', ['y'])).toBeUndefined();
});
