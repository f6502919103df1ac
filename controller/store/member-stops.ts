// Where a person stopped a run that recurs, by run and instance.
import type { Stop } from '../run/execution.ts';

export interface MemberStops {
  of(run: string): ReadonlyMap<string, Stop>;
  /** By its key, which is run.instance. */
  put(key: string, stop: Stop): void;
  delete(key: string): void;
}

const none: ReadonlyMap<string, Stop> = new Map();

/** The key of a stop in its table. */
export function memberStopKey(run: string, instance: string): string {
  return `${run}.${instance}`;
}

export function emptyMemberStops(): MemberStops {
  const byRun = new Map<string, Map<string, Stop>>();
  return {
    of: (run) => byRun.get(run) ?? none,
    put(key, stop) {
      const [run = '', instance = ''] = key.split('.');
      const ofRun = byRun.get(run) ?? new Map<string, Stop>();
      byRun.set(run, ofRun.set(instance, stop));
    },
    delete(key) {
      const [run = '', instance = ''] = key.split('.');
      byRun.get(run)?.delete(instance);
    },
  };
}
