// Desired against known, as steps. Pure: the same input gives the same plan, and nothing happens here.
//
// 1. A run id that exists is never accepted again: reverting, deleting and adding again execute nothing.
// 2. What the catalog cannot read is left as it is: its last accepted version stays in force, and nothing that an
//    unreadable file used to declare is pruned.
// 3. Absence of a record means hold, never run: a possible rename, more deletions or targets than the guard
//    allows wait for a person.

import type { Desired } from '../desired/desired.ts';
import type { Catalog } from '../manifest/catalog.ts';
import { planBoots } from './boots.ts';
import { planClosing } from './closing.ts';
import { planCommands } from './commands.ts';
import { planDeletions } from './deletions.ts';
import { planDue } from './due.ts';
import { goneInvocations } from './gone.ts';
import { planInvocation } from './invocation.ts';
import type { Guard, Known, Planning } from './planning.ts';
import { planRenames } from './renames.ts';
import { planSettling } from './settling.ts';
import type { Plan } from './step.ts';
import { suspectsOf } from './suspects.ts';

/** Steps from what is known to what is desired. `now` is an ISO time. */
export function plan(catalog: Catalog, desired: Desired, known: Known, guard: Guard, now: string): Plan {
  const planning: Planning = {
    catalog,
    known,
    guard,
    now,
    plan: { steps: [], holds: [], notes: new Map(), released: [], membersNeeded: [], recheck: [] },
  };
  planCommands(planning);
  const gone = goneInvocations(catalog, known);
  const renames = planRenames(planning, desired, gone);
  for (const wanted of suspectsOf(desired, known)) {
    if (!renames.added.has(wanted.invocation.name)) planInvocation(planning, wanted);
  }
  planDeletions(planning, gone, renames.removed);
  planDue(planning, desired);
  planBoots(planning, desired);
  planClosing(planning);
  planSettling(planning);
  return planning.plan;
}
