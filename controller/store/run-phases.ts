import { instancePhases, type PhaseCounts } from '../run/aggregate.ts';
import { occurrenceKey } from '../run/occurrence.ts';
import { type Run, recurs } from '../run/run.ts';
import type { LiveExecutions } from './live-executions.ts';
import type { Occurrences } from './occurrences.ts';

/** What ledger.phases says of a run. */
export function runPhases(run: Run | undefined, live: LiveExecutions, occurrences: Occurrences): PhaseCounts {
  if (run === undefined) return {};
  if (run.settled !== undefined) return run.settled.phases;
  if (!recurs(run.repeat)) return live.phases(occurrenceKey(run.id, 'once'));
  const now = instancePhases(live.ofRun(run.id).values());
  return Object.keys(now).length > 0 ? now : lastPhases(run.id, live, occurrences);
}

/** Of the newest occurrence that executed anything. */
function lastPhases(run: string, live: LiveExecutions, occurrences: Occurrences): PhaseCounts {
  let last: { at: string; phases: PhaseCounts } | undefined;
  for (const { occurrence, at, state } of occurrences.of(run).values()) {
    if (state.is !== 'over' && state.is !== 'fired') continue;
    if (last !== undefined && last.at > at) continue;
    last = { at, phases: state.is === 'over' ? state.phases : live.phases(occurrenceKey(run, occurrence)) };
  }
  return last?.phases ?? {};
}
