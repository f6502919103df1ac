import { executionParts } from '../../schemas/identity.ts';
import type { Ledger } from '../store/ledger.ts';

/** Which instances have an execution of a run, ended ones included: read once, then kept up to date. */
export interface Members {
  known(run: string): ReadonlySet<string> | undefined;
  load(runs: readonly string[]): Promise<void>;
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
    known: (run) => members.get(run),
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
