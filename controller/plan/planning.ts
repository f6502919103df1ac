import type { Fleet } from '../desired/select.ts';
import type { Catalog } from '../manifest/catalog.ts';
import type { Execution } from '../run/execution.ts';
import type { Machine } from '../run/first-execution.ts';
import type { Occurrence } from '../run/occurrence.ts';
import type { CommandRecord, InvocationRecord, Run } from '../run/run.ts';
import type { Plan } from './step.ts';

/** What the controller knows, as far as a plan needs it. */
export interface Known {
  commands: ReadonlyMap<string, CommandRecord>;
  invocations: ReadonlyMap<string, InvocationRecord>;
  runs: ReadonlyMap<string, Run>;
  fleet: Fleet;
  /** Instances that have an execution of this run, where that was looked up. Asked where a scope is looked at anew. */
  members(run: string): ReadonlySet<string> | undefined;
  /** Runs that are not settled and of which no execution is live. */
  endedRuns: ReadonlySet<string>;
  /** Executions of a run that have not ended. */
  liveOf(run: string): Iterable<Execution>;
  live(execution: string): Execution | undefined;
  occurrences(run: string): ReadonlyMap<string, Occurrence>;
  /** Runs of which a tick or a deadline has come. */
  dueRuns: ReadonlySet<string>;
  /** Executions that wait for a boot, on instances that say that they have booted. */
  rebooted: ReadonlySet<string>;
  /** Occurrences that have fired and of which nothing is live, by their keys. */
  endedOccurrences: ReadonlySet<string>;
  /** The machine behind an instance. `bootedAt` is an ISO time. */
  machine(instance: string): (Machine & { bootedAt?: string }) | undefined;
  /** When this controller started (ISO time). */
  listeningSince: string;
  /** Since when (ISO time) the instance has called without a break; undefined while it is away. */
  onlineSince(instance: string): string | undefined;
  /** Whether it has called since this controller started. */
  hasCalled(instance: string): boolean;
  /** Whether somebody released the hold with this id. */
  acknowledged(hold: string): boolean;
  /** Whether the fleet is another one than at the last plan. */
  fleetChanged: boolean;
  /**
   * The names for which there may be something to do; absent: any. All others were found in order by an earlier
   * plan, and nothing that it looked at has changed since. What a plan leaves undone has a note: names with notes
   * stay suspects.
   */
  suspects?: { commands: ReadonlySet<string>; invocations: ReadonlySet<string> };
}

export interface Guard {
  maxDeletions: number;
  maxTargets: number;
}

/** What a plan is made of, and what it adds to. */
export interface Planning {
  catalog: Catalog;
  known: Known;
  guard: Guard;
  now: string;
  plan: Plan;
}
