// The occurrences of runs that recur: all that are ahead or fired, and of each run the newest of the others. The rest
// is in the store.
import type { Occurrence } from '../run/occurrence.ts';

/** So many that are over or missed are kept of each run, for the status. */
const pastKept = 20;

export interface Occurrences {
  /** By occurrence id. */
  of(run: string): ReadonlyMap<string, Occurrence>;
  put(occurrence: Occurrence): void;
  /** By its key, which is run.occurrence. */
  delete(key: string): void;
}

const none: ReadonlyMap<string, Occurrence> = new Map();

export function emptyOccurrences(): Occurrences {
  const byRun = new Map<string, Map<string, Occurrence>>();
  return {
    of: (run) => byRun.get(run) ?? none,
    put(occurrence) {
      const ofRun = byRun.get(occurrence.run) ?? new Map<string, Occurrence>();
      byRun.set(occurrence.run, ofRun.set(occurrence.occurrence, occurrence));
      if (isPast(occurrence)) forgetOldest(ofRun);
    },
    delete(key) {
      const [run = '', occurrence = ''] = key.split('.');
      const ofRun = byRun.get(run);
      ofRun?.delete(occurrence);
      if (ofRun?.size === 0) byRun.delete(run);
    },
  };
}

function isPast({ state }: Occurrence): boolean {
  return state.is === 'over' || state.is === 'missed';
}

function forgetOldest(ofRun: Map<string, Occurrence>): void {
  const past = [...ofRun.values()].filter(isPast);
  if (past.length <= pastKept) return;
  const [oldest] = past.sort((a, b) => (a.at < b.at ? -1 : 1));
  if (oldest !== undefined) ofRun.delete(oldest.occurrence);
}
