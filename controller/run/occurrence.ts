// One firing of a run that recurs (Period, NextRebootOnly, EveryReboot). A run that happens once has no such record:
// its only occurrence is `once`.
//
//   ahead ──▶ fired ──▶ over
//     │
//     └─────▶ missed
//
// 1. The ids of a run's occurrences come in the order of their times, so that its executions do too.
// 2. What an occurrence executes is decided when it fires: a schedule follows its Command, and what is on its way
//    keeps what it had.
import type { PhaseCounts } from './aggregate.ts';
import type { Work } from './run.ts';

export interface Occurrence {
  run: string;
  /** Tick (`20261201T080000Z`), or boot id. */
  occurrence: string;
  /** ISO time: of the tick, or when the boot was seen. */
  at: string;
  state: OccurrenceState;
}

export type OccurrenceState =
  /** Its executions are scheduled. */
  | { is: 'ahead' }
  | { is: 'fired'; work: Work; commit: string }
  /** All of its executions have ended, so many in each phase. */
  | { is: 'over'; work: Work; commit: string; endedAt: string; phases: PhaseCounts }
  /** Nothing was executed, at this tick and the ones after it up to `through` (ISO time). */
  | { is: 'missed'; reason: string; ticks: number; through: string };

/** The occurrence under which executions wait for a boot that nobody can name yet. */
export const nextBoot = 'next-boot';

/** The occurrence of the tick at this ISO time. */
export function tickOccurrence(at: string): string {
  return at.replace(/\.\d+Z$/, 'Z').replace(/[-:]/g, '');
}

/** Key of the record of an occurrence: what the ids of its executions begin with. */
export function occurrenceKey(run: string, occurrence: string): string {
  return `${run}.${occurrence}`;
}
