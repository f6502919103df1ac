import { executionParts } from '../../schemas/identity.ts';
import { goesOn, type Run } from '../run/run.ts';
import type { Ledger } from '../store/ledger.ts';

/**
 * Which instances are a run's. Of one that happens once those that have an execution of it, ended ones included: read
 * once, then kept up to date. Of one that goes on those where it does, and those where a person stopped it.
 */
export interface Members {
  known(run: string): ReadonlySet<string> | undefined;
  load(runs: readonly string[]): Promise<void>;
}

function isGoingOn(run: Run | undefined): boolean {
  return run !== undefined && goesOn(run.repeat);
}

function presentMembers(ledger: Ledger, run: string): ReadonlySet<string> {
  const members = new Set(ledger.stoppedOn(run).keys());
  for (const { instance, state } of ledger.liveOf(run).values())
    if (state.is === 'scheduled') members.add(instance);
  return members;
}

/** Follows the ledger's changes for the runs that were loaded. */
export function followMembers(ledger: Ledger): Members {
  const members = new Map<string, Set<string>>();
  ledger.onChange((changes) => {
    if (members.size === 0) return;
    for (const change of changes) {
      if ('put' in change && change.put === 'execution')
        members.get(change.value.run)?.add(change.value.instance);
    }
  });
  return {
    known: (run) => (isGoingOn(ledger.runs.get(run)) ? presentMembers(ledger, run) : members.get(run)),
    async load(runs) {
      await ledger.settled();
      for (const run of runs) {
        const found = new Set<string>();
        for await (const [id] of ledger.store.list('execution', { prefix: `${run}.` })) {
          const parts = executionParts(id);
          if (parts !== undefined) found.add(parts.instance);
        }
        members.set(run, found);
      }
    },
  };
}
