import { expect, test } from 'vitest';
import { readSettings } from './settings.ts';

const flags = (...more: string[]) => ['--data', '/d', ...more];

test('what changes the power of the machine is said in words, by a flag or else by a variable', () => {
  const env = { GROUNDCREW_POWER_OFF_COMMAND: 'a  b', GROUNDCREW_REBOOT_COMMAND: ' ' };
  expect(readSettings(flags(), env)).toMatchObject({ powerOff: ['a', 'b'] });
  expect(readSettings(flags(), env)).not.toHaveProperty('reboot');
  const both = readSettings(flags('--power-off-command', 'x', '--reboot-command', '/y "z'), env);
  expect(both).toMatchObject({ powerOff: ['x'], reboot: ['/y', '"z'] });
});

test('scripts are kept when that is asked for, and only then', () => {
  const kept = (args: string[], env: Record<string, string>) => readSettings(args, env).keepScripts;
  expect(kept(flags(), {})).toBe(false);
  expect(kept(flags(), { GROUNDCREW_KEEP_SCRIPTS: '0' })).toBe(false);
  expect(kept(flags(), { GROUNDCREW_KEEP_SCRIPTS: '1' })).toBe(true);
  expect(kept(flags('--keep-scripts'), {})).toBe(true);
});
