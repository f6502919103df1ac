import { type Execution, isUnsent } from '../run/execution.ts';
import type { Ledger } from '../store/ledger.ts';

/** When something of a run is due: a tick, or the time until which it has to be delivered. Kept up to date. */
export interface Due {
  /** Runs of which some time has come. */
  of(now: string): ReadonlySet<string>;
  /** The next time; undefined if there is none. */
  next(): string | undefined;
  /** A plan has looked at all that was due then; these runs are to be looked at again at `later`. */
  carriedOut(now: string, again: readonly string[], later: string): void;
}

/** Follows the ledger. All times are ISO times, whose order is that of their texts. */
export function followDue(ledger: Ledger): Due {
  const runsAt = new Map<string, Set<string>>();
  const add = (at: string, run: string): void => {
    const runs = runsAt.get(at);
    if (runs === undefined) runsAt.set(at, new Set([run]));
    else runs.add(run);
  };
  const look = (execution: Execution): void => {
    const at = dueTime(execution);
    if (at !== undefined) add(at, execution.run);
  };
  for (const run of ledger.runs.keys()) for (const execution of ledger.liveOf(run).values()) look(execution);
  ledger.onChange((changes) => {
    for (const change of changes) if ('put' in change && change.put === 'execution') look(change.value);
  });
  return {
    of(now) {
      const due = new Set<string>();
      for (const [at, runs] of runsAt) if (at <= now) for (const run of runs) due.add(run);
      return due;
    },
    next() {
      let next: string | undefined;
      for (const at of runsAt.keys()) if (next === undefined || at < next) next = at;
      return next;
    },
    carriedOut(now, again, later) {
      for (const at of runsAt.keys()) if (at <= now) runsAt.delete(at);
      for (const run of again) add(later, run);
    },
  };
}

/** An execution that was offered has been looked at when it waited: its time is the same. */
function dueTime({ state }: Execution): string | undefined {
  if (!isUnsent(state)) return undefined;
  if (state.is === 'waiting') return state.deliverBefore;
  return state.for.is === 'tick' ? state.for.at : undefined;
}
