import { instancePhases, type PhaseCounts } from '../run/aggregate.ts';
import { nextBoot, occurrenceKey } from '../run/occurrence.ts';
import { type Run, recurs } from '../run/run.ts';
import type { LedgerRecords } from './ledger-records.ts';

type Records = Pick<LedgerRecords, 'live' | 'occurrences' | 'memberStops'>;

/** What ledger.phases says of a run. */
export function runPhases(run: Run | undefined, records: Records): PhaseCounts {
  if (run === undefined) return {};
  if (run.settled !== undefined) return run.settled.phases;
  const { live, memberStops } = records;
  if (!recurs(run.repeat)) return live.phases(occurrenceKey(run.id, 'once'));
  const now = instancePhases(live.ofRun(run.id).values(), memberStops.of(run.id).keys());
  return live.ofRun(run.id).size > 0 ? now : lastPhases(run, records);
}

/** Of the newest occurrence that executed anything, or that a stop has cancelled. */
function lastPhases({ id }: Run, { live, memberStops, occurrences }: Records): PhaseCounts {
  let last: { at: string; phases: PhaseCounts } | undefined;
  for (const { occurrence, at: time, state } of occurrences.of(id).values()) {
    if (state.is === 'missed') continue;
    // What waited for a boot that did not come was newer than any boot.
    const at = occurrence === nextBoot ? '~' : time;
    const phases = state.is === 'over' ? state.phases : live.phases(occurrenceKey(id, occurrence));
    if (Object.keys(phases).length > 0 && (last === undefined || last.at < at)) last = { at, phases };
  }
  const stopped = memberStops.of(id).size;
  return last?.phases ?? (stopped > 0 ? { Cancelled: stopped } : {});
}
