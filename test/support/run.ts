import type { ExecutionState } from '../../controller/run/execution.ts';
import type { Run, ScriptWork } from '../../controller/run/run.ts';

/** What a run of a shell script says of itself when its manifest says nothing else. */
export function shellRun(scriptDigest: string, changes: Partial<ScriptWork> = {}) {
  const work: ScriptWork = {
    does: 'run',
    command: { type: 'RunShellScript', scriptDigest },
    parameters: {},
    timeoutSeconds: 60,
    terminationMode: 'ProcessTree',
    ...changes,
  };
  return { work, repeat: { mode: 'Once' }, deliverySeconds: 3600 } as const satisfies Partial<Run>;
}

/** An execution that no test lets become too late. */
export const waiting: ExecutionState = { is: 'waiting', deliverBefore: '2099-01-01T00:00:00.000Z' };

/** The same, once it was offered. */
export function offered(offer: number): ExecutionState {
  return { is: 'offered', offer, deliverBefore: '2099-01-01T00:00:00.000Z' };
}
