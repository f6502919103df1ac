import type { Wanted } from '../desired/desired.ts';
import { select } from '../desired/select.ts';
import type { InvocationRecord } from '../run/run.ts';
import { addNote } from './note.ts';
import type { Planning } from './planning.ts';
import type { Plan } from './step.ts';
import { unknownInstances } from './unknown-instances.ts';

/**
 * Scope of a run that goes on. Targets are resolved when the run is accepted and again only when the manifest says
 * others; with lateJoiners: Run, an instance that begins to match gets its execution too.
 */
export function planScope({ known, plan }: Planning, wanted: Wanted, record: InvocationRecord): void {
  const { invocation } = wanted;
  if (known.runs.get(record.run)?.adopted === true) return noteAdopted(plan, record);
  const rewritten = record.targetsDigest !== wanted.targetsDigest;
  const joins = known.fleetChanged && invocation.targets.lateJoiners === 'Run';
  let resolved = false;
  if (rewritten || joins) {
    const { instances, unknown } = select(invocation.targets, known.fleet);
    // Whoever is not known yet may still come: then the list is resolved once more.
    resolved = unknown.length === 0;
    if (!resolved) addNote(plan, record.name, unknownInstances(unknown));
    const members = known.members(record.run);
    if (members === undefined) {
      plan.membersNeeded.push(record.run);
      return;
    }
    const joined = instances.filter((instance) => !members.has(instance));
    if (joined.length > 0 && known.runs.get(record.run)?.stopped === undefined) {
      plan.steps.push({ do: 'extend', run: record.run, invocation: record.name, instances: joined });
    }
    if (rewritten) {
      const wantedNow = new Set(instances);
      const left = [...members].filter((instance) => !wantedNow.has(instance)).sort();
      if (left.length > 0) {
        const reason = 'removed from the targets';
        plan.steps.push({
          do: 'withdraw',
          run: record.run,
          invocation: record.name,
          instances: left,
          reason,
        });
      }
    }
  }
  const targetsDigest = rewritten && resolved ? wanted.targetsDigest : record.targetsDigest;
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

/** Where it has executed is not known here, so nobody can say where it has not: no instance is added. */
function noteAdopted(plan: Plan, { name, run }: InvocationRecord): void {
  const message = `Run ${run} is known from the status branch only; it takes no further instance. To run it everywhere once more, change rerun.`;
  addNote(plan, name, { type: 'Held', reason: 'RecordIncomplete', message });
}
