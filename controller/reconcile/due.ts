import type { Execution } from '../run/execution.ts';
import type { Ledger } from '../store/ledger.ts';

/** When something of a run is due: a tick, or the time until which it has to be delivered. Kept up to date. */
export interface Due {
  /** Runs of which some time has come since the last plan that was carried out. */
  of(now: string): ReadonlySet<string>;
  /** The next time; undefined if there is none. */
  next(): string | undefined;
  /** A plan has looked at what `of` said last, and was carried out; these runs are to be looked at again at `later`. */
  carriedOut(again: readonly string[], later: string): void;
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
  let looking = new Map<string, ReadonlySet<string>>();
  return {
    of(now) {
      for (const [at, runs] of runsAt) {
        if (at > now) continue;
        looking.set(at, new Set([...(looking.get(at) ?? []), ...runs]));
        runsAt.delete(at);
      }
      return new Set([...looking.values()].flatMap((runs) => [...runs]));
    },
    next() {
      let next: string | undefined;
      for (const at of [...runsAt.keys(), ...looking.keys()]) if (next === undefined || at < next) next = at;
      return next;
    },
    carriedOut(again, later) {
      looking = new Map();
      for (const run of again) add(later, run);
    },
  };
}

function dueTime({ state }: Execution): string | undefined {
  if (state.is === 'waiting' || state.is === 'offered') return state.deliverBefore || undefined;
  return state.is === 'scheduled' && state.for.is === 'tick' ? state.for.at : undefined;
}
