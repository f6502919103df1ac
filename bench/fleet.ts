// Simulated agents as a process of their own, and what they tell.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { eventually } from '../test/support/processes.ts';
import type { Told } from './simulated-agents.ts';

export interface Fleet {
  /** Resolves once so many executions have been reported and acknowledged in all. */
  reported(total: number): Promise<void>;
  /** What went wrong so far. */
  failures(): readonly string[];
  end(): void;
}

/** `count` agents against the controller, or against the bare server; once all of them poll. */
export async function simulatedFleet(
  side: 'ours' | 'floor',
  url: string,
  count: number,
  code = '',
): Promise<Fleet> {
  const program = fileURLToPath(new URL('simulated-agents.ts', import.meta.url));
  const child: ChildProcess = fork(program, [side, url, String(count)], {
    execArgv: ['--import', 'tsx'],
    env: { ...process.env, GROUNDCREW_ENROL_CODE: code },
  });
  const failures: string[] = [];
  let ready = false;
  let done = 0;
  child.on('message', (told: Told) => {
    if ('ready' in told) ready = true;
    else if ('done' in told) done = told.done;
    else failures.push(told.failed);
  });
  const alive = <T>(answer: T | undefined): T | undefined => {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('the simulated agents ended');
    return answer;
  };
  await eventually(`${count} agents poll`, () => alive(ready || undefined), 600);
  return {
    reported: async (total) => {
      const what = `${total} executions were reported (${failures.slice(0, 3).join('; ')})`;
      await eventually(what, () => alive(done >= total || undefined), 120);
    },
    failures: () => failures,
    end: () => void child.kill(),
  };
}
