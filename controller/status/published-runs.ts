import type { Ledger } from '../store/ledger.ts';
import type { Change } from '../store/port.ts';
import { type DocumentKey, partsOf } from './layout.ts';

/** Runs whose end can be read on the remote's branch: what agents remember of them may be forgotten. */
export interface PublishedRuns {
  /** Whether all executions of the run have ended and the branch says so. */
  has(run: string): boolean;
  /** The runs of these Invocations that have ended: ask before rendering. */
  endedIn(keys: Iterable<DocumentKey>): string[];
  /** The branch now says that these have ended. Returns those that are new. */
  add(runs: readonly string[]): string[];
  /** A run that began again (a late joiner) has to be published again. */
  changed(changes: readonly Change[]): void;
}

export function publishedRuns(ledger: Ledger): PublishedRuns {
  const published = new Set<string>();
  const hasEnded = (run: string): boolean => ledger.runs.has(run) && ledger.liveOf(run).size === 0;
  return {
    has: (run) => published.has(run) && hasEnded(run),
    endedIn(keys) {
      const ended: string[] = [];
      for (const key of keys) {
        const parts = partsOf(key);
        const record = parts?.folder === 'invocations' ? ledger.invocations.get(parts.name) : undefined;
        if (record !== undefined) ended.push(...[record.run, ...record.pastRuns].filter(hasEnded));
      }
      return ended;
    },
    add(runs) {
      const added = runs.filter((run) => hasEnded(run) && !published.has(run));
      for (const run of added) published.add(run);
      return added;
    },
    changed(changes) {
      for (const change of changes) {
        if (!('put' in change) || change.put !== 'execution' || change.value.state.is === 'ended') continue;
        published.delete(change.value.run);
      }
    },
  };
}
