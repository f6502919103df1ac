// Keeps results for so long and no longer. A sweep looks at everything, removes what is due, and may be broken off at
// any time: the next one goes on.
import type { Occurrence } from '../run/occurrence.ts';
import { goesOn } from '../run/run.ts';
import type { Ledger } from '../store/ledger.ts';
import {
  expired,
  isInForce,
  type KeepLimits,
  type Results,
  resultsOf,
  resultsOfOccurrences,
} from './expired.ts';
import { type Removing, remove } from './remove.ts';
import { removeEdits, removeScripts } from './remove-scripts.ts';

/** One sweep; how many runs and occurrences it removed results of. `now` is an ISO time. */
export async function sweep(
  removing: Removing,
  now: string,
  keep: KeepLimits,
  isStopping: () => boolean = () => false,
): Promise<number> {
  const { ledger } = removing;
  const results = await allResults(removing);
  let removed = 0;
  for (const each of expired(results, liveCount(ledger), now, keep)) {
    if (isStopping()) return removed;
    await remove(removing, each);
    removed += 1;
  }
  const edits = isStopping() ? 0 : await removeEdits(removing);
  if (removed + edits > 0 && !isStopping()) await removeScripts(removing);
  return removed;
}

async function allResults({ ledger, pause }: Removing): Promise<Results[]> {
  const results: Results[] = [];
  for (const run of ledger.runs.values()) {
    const inForce = isInForce(run, ledger.invocations);
    if (goesOn(run.repeat)) {
      const occurrences: Occurrence[] = [];
      for await (const [, each] of ledger.store.list('occurrence', { prefix: `${run.id}.` }))
        occurrences.push(each);
      results.push(...resultsOfOccurrences(occurrences, inForce));
      await pause();
    } else results.push(...[resultsOf(run, inForce) ?? []].flat());
  }
  return results;
}

function liveCount(ledger: Ledger): number {
  let count = 0;
  for (const run of ledger.runs.keys()) count += ledger.liveOf(run).size;
  return count;
}

export interface Sweeping extends Removing {
  keep: KeepLimits;
  /** ISO time. */
  now(): string;
  /** Calls back once after so many milliseconds; the function that it returns calls that off. */
  schedule(callback: () => void, milliseconds: number): () => void;
  onSwept(removed: number): void;
  onFailure(error: unknown): void;
}

const hour = 3_600_000;

/** Sweeps from time to time; the function stops that, and resolves when nothing is under way. */
export function keepSweeping(sweeping: Sweeping): () => Promise<void> {
  const { keep, now, onFailure, onSwept, schedule } = sweeping;
  // What is kept for a short time is looked at more often.
  const every = Math.min(hour, Math.max(1000, keep.seconds * 100));
  let stopping = false;
  let running = Promise.resolve();
  let callOff = schedule(begin, Math.min(every, 60_000));

  function begin(): void {
    running = once();
  }

  async function once(): Promise<void> {
    try {
      onSwept(await sweep(sweeping, now(), keep, () => stopping));
    } catch (error) {
      onFailure(error);
    }
    if (!stopping) callOff = schedule(begin, every);
  }

  return async () => {
    stopping = true;
    callOff();
    await running;
  };
}
