import { instancePhases, type PhaseCounts } from '../run/aggregate.ts';
import { occurrenceKey } from '../run/occurrence.ts';
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

/** Of the newest occurrence that executed anything; of one that was stopped before any did, that. */
function lastPhases({ id, stopped }: Run, { live, memberStops, occurrences }: Records): PhaseCounts {
  let last: { at: string; phases: PhaseCounts } | undefined;
  for (const { occurrence, at, state } of occurrences.of(id).values()) {
    if (state.is !== 'over' && state.is !== 'fired') continue;
    if (last !== undefined && last.at > at) continue;
    last = { at, phases: state.is === 'over' ? state.phases : live.phases(occurrenceKey(id, occurrence)) };
  }
  if (stopped === undefined && last !== undefined) return last.phases;
  const cancelled = Math.max(memberStops.of(id).size, cancelledAhead(id, { live, occurrences }));
  return cancelled > 0 ? { Cancelled: cancelled } : (last?.phases ?? {});
}

/** How many scheduled executions a stop has cancelled: those of occurrences that were ahead. */
function cancelledAhead(id: string, { live, occurrences }: Omit<Records, 'memberStops'>): number {
  let count = 0;
  for (const { occurrence, state } of occurrences.of(id).values())
    if (state.is === 'ahead') count += live.phases(occurrenceKey(id, occurrence)).Cancelled ?? 0;
  return count;
}
