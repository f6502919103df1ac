import type { Fleet } from '../desired/select.ts';
import type { Catalog } from '../manifest/catalog.ts';
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
