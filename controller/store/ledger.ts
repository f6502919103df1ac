// What the controller knows now: every record but scripts, output and executions that have ended, in memory,
// written through to the store.
//
// Owns: the live state and its indexes. Does not own: which change is legal (run/), what should happen (plan/).
// 1. A change is visible here at once, and on disk when commit resolves. What must not be said before it is on
//    disk (an answer, a status file) waits for commit or for settled().
// 2. After a commit was rejected nothing may be trusted: the process ends.
import type { PhaseCounts } from '../run/aggregate.ts';
import type { Execution, Stop } from '../run/execution.ts';
import type { Occurrence } from '../run/occurrence.ts';
import type { CommandRecord, InvocationRecord, Run } from '../run/run.ts';
import type { Change, Instance, Store } from './port.ts';

export interface Ledger {
  readonly store: Store;
  readonly epoch: string;
  readonly commands: ReadonlyMap<string, CommandRecord>;
  readonly invocations: ReadonlyMap<string, InvocationRecord>;
  readonly runs: ReadonlyMap<string, Run>;
  readonly instances: ReadonlyMap<string, Instance>;
  /** Counts up whenever an instance is added or its name or labels change. */
  readonly fleetVersion: number;
  /** Instance by id or by name. */
  findInstance(idOrName: string): Instance | undefined;
  /** Executions of an instance that have not ended, by when their runs were accepted, then by id. */
  liveOn(instance: string): ReadonlyMap<string, Execution>;
  /** Executions of a run that have not ended. */
  liveOf(run: string): ReadonlyMap<string, Execution>;
  /**
   * How many executions of the run are in each phase, ended ones included. Of a run that recurs: in which phase how
   * many instances are now, and when nothing is to come any more how the last occurrence ended.
   */
  phases(run: string): PhaseCounts;
  /** Occurrences of a run that recurs, those that are ahead or fired and the newest of the others, by id. */
  occurrences(run: string): ReadonlyMap<string, Occurrence>;
  /** How many executions of one occurrence are in each phase; of those that are neither over nor missed. */
  occurrencePhases(run: string, occurrence: string): PhaseCounts;
  /** Instances on which a person stopped a run that recurs, if not on all. */
  stoppedOn(run: string): ReadonlyMap<string, Stop>;
  /** How many executions of one occurrence have not ended. */
  liveIn(run: string, occurrence: string): number;
  /** The live execution with this id; ended ones are in the store (table `execution`). */
  live(execution: string): Execution | undefined;
  /**
   * Makes the changes: visible at once, on disk when it resolves. Rejects only when the process must end: the store
   * failed, or the changes would lose an execution (ledger-records.ts, 2).
   */
  commit(changes: readonly Change[]): Promise<void>;
  /** Resolves when everything that is visible now is on disk. */
  settled(): Promise<void>;
  /** Calls back after each commit's changes became visible. Returns how to stop that. */
  onChange(listener: (changes: readonly Change[]) => void): () => void;
}
