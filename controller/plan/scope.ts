import type { Wanted } from '../desired/desired.ts';
import { select } from '../desired/select.ts';
import { goesOn, type InvocationRecord, isIncomplete, type Run } from '../run/run.ts';
import { tickAfter } from '../run/ticks.ts';
import { addNote } from './note.ts';
import type { Planning } from './planning.ts';
import type { Plan } from './step.ts';
import { tooManyTargets } from './target-guard.ts';
import { unknownInstances } from './unknown-instances.ts';

/**
 * Scope of a run that goes on. Targets are resolved when the run is accepted and again only when the manifest says
 * others; with lateJoiners: Run, an instance that begins to match gets its execution too.
 */
export function planScope(planning: Planning, wanted: Wanted, record: InvocationRecord): void {
  const { known, plan } = planning;
  const { invocation } = wanted;
  const rewritten = record.targetsDigest !== wanted.targetsDigest;
  const joins = known.fleetChanged && invocation.targets.lateJoiners === 'Run';
  const run = known.runs.get(record.run);
  const mayResume = run !== undefined && isIdle(planning, { ...run, repeat: invocation.repeat });
  const isClosed = run !== undefined && isIncomplete(run) && !goesOn(run.repeat);
  if (isClosed && (rewritten || invocation.targets.lateJoiners === 'Run'))
    return noteIncomplete(plan, record);
  const isResolved = (rewritten || joins || mayResume) && resolve(planning, wanted, record, rewritten);
  const targetsDigest = rewritten && isResolved ? wanted.targetsDigest : record.targetsDigest;
  const changed =
    record.targetsDigest !== targetsDigest ||
    record.path !== invocation.place.file ||
    record.lateJoiners !== invocation.targets.lateJoiners ||
    record.deletionPolicy !== invocation.deletionPolicy ||
    record.stop !== invocation.stop;
  if (!changed) return;
  plan.steps.push({
    do: 'update',
    record: {
      ...record,
      targetsDigest,
      path: invocation.place.file,
      lateJoiners: invocation.targets.lateJoiners,
      deletionPolicy: invocation.deletionPolicy,
      stop: invocation.stop,
    },
  });
}

/**
 * A run that recurs and waits for nothing, though something is to come: it was reinstated, its schedule was given
 * more time, or a store was lost. Each tick and each boot is an occurrence of its own, so it goes on with the next.
 */
export function isIdle({ known, now }: Planning, run: Run): boolean {
  const { repeat } = run;
  if (run.stopped !== undefined || !goesOn(repeat)) return false;
  for (const { state } of known.liveOf(run.id)) if (state.is === 'scheduled') return false;
  return repeat.mode !== 'Period' || tickAfter({ acceptedAt: run.acceptedAt, repeat }, now) !== undefined;
}

/** Adds who is new and withdraws from who is gone: all of it, or (false) nothing while it cannot be told or is held. */
function resolve(
  planning: Planning,
  wanted: Wanted,
  { name, run }: InvocationRecord,
  rewritten: boolean,
): boolean {
  const { known, plan } = planning;
  const { instances, unknown } = select(wanted.invocation.targets, known.fleet);
  if (unknown.length > 0) {
    addNote(plan, name, unknownInstances(unknown));
    return false;
  }
  const members = known.members(run);
  if (members === undefined) {
    plan.membersNeeded.push(run);
    return false;
  }
  const joined = instances.filter((instance) => !members.has(instance));
  const mayStart = joined.length > 0 && known.runs.get(run)?.stopped === undefined;
  if (mayStart && tooManyTargets(planning, wanted, members.size + joined.length)) return false;
  if (mayStart) plan.steps.push({ do: 'extend', run, invocation: name, instances: joined });
  if (rewritten) withdraw(plan, name, run, members, new Set(instances));
  return true;
}

function withdraw(
  plan: Plan,
  invocation: string,
  run: string,
  members: ReadonlySet<string>,
  wanted: ReadonlySet<string>,
): void {
  const left = [...members].filter((instance) => !wanted.has(instance)).sort();
  if (left.length === 0) return;
  plan.steps.push({ do: 'withdraw', run, invocation, instances: left, reason: 'removed from the targets' });
}

/** Where it has executed is not known here, so nobody can say where it has not: no instance is added. */
function noteIncomplete(plan: Plan, { name, run }: InvocationRecord): void {
  const message = `Where run ${run} has executed is not all known any more (its results were removed, or the store was lost); it takes no further instance. To run it everywhere once more, change rerun.`;
  addNote(plan, name, { type: 'Held', reason: 'RecordIncomplete', message });
}
