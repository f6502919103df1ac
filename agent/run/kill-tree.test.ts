import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { makeHalt } from '../halt.ts';
import { killTree } from './kill-tree.ts';

const execution = `r-${randomBytes(12).toString('hex')}.once.mi-00000000000000000000`;

test('what cannot be killed is given up after a while, and named', async () => {
  const env = { ...process.env, GROUNDCREW_EXECUTION: execution };
  const child = spawn('/bin/sleep', ['30'], { env, detached: true, stdio: 'ignore' });
  const pid = child.pid ?? 0;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  await new Promise((resolve) => child.once('spawn', resolve));
  const signals = new Set<string>();
  const denied = (_pid: number, signal: NodeJS.Signals) => {
    signals.add(signal);
    throw Object.assign(new Error('kill EPERM'), { code: 'EPERM' });
  };
  const denying = { mode: 'ProcessTree', grace: 100, giveUp: 200, send: denied } as const;
  try {
    expect(await killTree(execution, pid, denying, makeHalt())).toEqual({ is: 'left', pids: [pid] });
    expect([...signals]).toEqual(['SIGTERM', 'SIGKILL']);
  } finally {
    expect(await killTree(execution, pid, { mode: 'ProcessTree', grace: 5_000 }, makeHalt())).toEqual({
      is: 'gone',
    });
    await gone;
  }
});
