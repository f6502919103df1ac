import type { Condition } from '../reconcile/outcome.ts';
import type { Flushed } from './flush-documents.ts';

/** StatusBranchReady as the last flush leaves it; its time changes only when the rest does. */
export function branchCondition(now: () => number): {
  now(): Condition | undefined;
  flushed(flushed: Flushed): void;
} {
  let condition: Condition | undefined;
  return {
    now: () => condition,
    flushed(flushed) {
      const isReady = flushed.is !== 'fault';
      const next = {
        type: 'StatusBranchReady',
        status: isReady ? 'True' : 'False',
        reason: isReady ? 'Published' : flushed.reason,
        message: isReady ? 'The status branch is up to date.' : `${flushed.message} ${flushed.hint}`,
      } as const;
      if (condition?.status === next.status && condition.reason === next.reason) return;
      condition = { ...next, since: new Date(now()).toISOString() };
    },
  };
}
