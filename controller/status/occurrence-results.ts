import type { OccurrenceStatus } from '../../schemas/generated/status.ts';
import { overallState } from '../run/aggregate.ts';
import type { Occurrence } from '../run/occurrence.ts';
import type { Work } from '../run/run.ts';
import type { Ledger } from '../store/ledger.ts';
import { present } from './present.ts';

const shown = 10;

/** The newest occurrences of a run, newest first. Those that are ahead are in `next`. */
export function occurrenceResults(ledger: Ledger, run: string): OccurrenceStatus[] {
  return [...ledger.occurrences(run).values()]
    .filter(({ state }) => state.is !== 'ahead')
    .sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : a.occurrence < b.occurrence ? -1 : 1))
    .slice(0, shown)
    .map((occurrence) => occurrenceResult(ledger, occurrence));
}

/** The first tick that is ahead, of those that something waits for. */
export function nextTick(ledger: Ledger, run: string): string | undefined {
  let next: string | undefined;
  for (const { state } of ledger.liveOf(run).values()) {
    if (state.is !== 'scheduled' || state.for.is !== 'tick') continue;
    if (next === undefined || state.for.at < next) next = state.for.at;
  }
  return next;
}

function occurrenceResult(ledger: Ledger, { at, occurrence, run, state }: Occurrence): OccurrenceStatus {
  const head = { occurrence, at };
  switch (state.is) {
    case 'ahead':
      return head;
    case 'missed': {
      const { reason, through, ticks } = state;
      return { ...head, missed: { reason, ticks, through } };
    }
    case 'fired':
    case 'over': {
      const phases = state.is === 'over' ? state.phases : ledger.occurrencePhases(run, occurrence);
      return {
        ...head,
        state: overallState(phases),
        phases: present(phases),
        commit: state.commit,
        contentDigest: contentDigest(state.work),
        ...(state.is === 'over' && { endedAt: state.endedAt }),
      };
    }
  }
}

function contentDigest(work: Work): string {
  return work.does === 'send' ? work.file.blob.sha256 : work.command.scriptDigest;
}
