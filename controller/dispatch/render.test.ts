import { expect, test } from 'vitest';
import { builtInNames } from '../manifest/substitute.ts';
import type { ScriptWork } from '../run/run.ts';
import type { Instance } from '../store/port.ts';
import { makeRender } from './render.ts';

const render = makeRender({ region: 'eu-central-1', account: '1234567890' });
const instance = { id: 'mi-1', name: 'web-1' } as Instance;
const work = (changes: Partial<ScriptWork> = {}): ScriptWork => ({
  does: 'run',
  command: { name: 'greet', type: 'RunShellScript', scriptDigest: '' },
  parameters: {},
  timeoutSeconds: 60,
  terminationMode: 'ProcessTree',
  ...changes,
});
const script = (text: string, changes: Partial<ScriptWork> = {}) =>
  render(text, work(changes), 'r-1', instance).script;

test.each([
  ['RegionId', 'eu-central-1'],
  ['AccountId', '1234567890'],
  ['InstanceId', 'mi-1'],
  ['InstanceName', 'web-1'],
  ['InvokeId', 'r-1'],
  ['CommandId', 'greet'],
])('{{ACS::%s}} is %s, under both prefixes and in any case', (name, value) => {
  const forms = [`{{ACS::${name}}}`, `{{GC::${name}}}`, `{{ acs::${name.toLowerCase()}\n}}`];
  expect(script(forms.join(' '))).toBe([value, value, value].join(' '));
});

test('every built-in that a manifest may name has a value', () => {
  for (const name of builtInNames) expect(script(`{{ACS::${name}}}`)).not.toContain('{{');
});

test('what is not set is empty', () => {
  const bare = makeRender({ region: '', account: '' });
  const inline = work({ command: { type: 'RunShellScript', scriptDigest: '' } });
  const text = '[{{ACS::RegionId}}{{ACS::AccountId}}{{ACS::CommandId}}]';
  expect(bare(text, inline, 'r-1', instance).script).toBe('[]');
});

test('a value that is a built-in stays text, and is a variable too', () => {
  const parameters = { 'my-text': '{{ACS::InstanceId}}', n: '' };
  expect(render('{{My-Text}} {{ACS::InstanceId}}', work({ parameters }), 'r-1', instance)).toEqual({
    script: '{{ACS::InstanceId}} mi-1',
    environment: { GC_PARAM_MY_TEXT: '{{ACS::InstanceId}}', GC_PARAM_N: '' },
  });
});
