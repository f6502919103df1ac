import { canonicalJson } from '../../schemas/digest.ts';
import type { Wanted } from '../desired/desired.ts';
import { select } from '../desired/select.ts';
import { type InvocationRecord, type Run, recurs } from '../run/run.ts';
import { expiredSchedule } from './expired-schedule.ts';
import { addNote } from './note.ts';
import type { Planning } from './planning.ts';
import { isIdle, planScope } from './scope.ts';
import type { Note, Step } from './step.ts';
import { tooManyTargets } from './target-guard.ts';
import { unknownInstances } from './unknown-instances.ts';

/** What one Invocation of the catalog asks for, against what is in force under its name. */
export function planInvocation(planning: Planning, wanted: Wanted): void {
  const record = planning.known.invocations.get(wanted.invocation.name);
  if (record?.run === wanted.id && record.deleted === undefined) keep(planning, wanted, record);
  else if (planning.known.runs.has(wanted.id)) reinstate(planning, wanted, record);
  else accept(planning, wanted, record);
}

/** The run in force is the one that is asked for. */
function keep(planning: Planning, wanted: Wanted, record: InvocationRecord): void {
  const { known, plan } = planning;
  if (record.alreadyExecuted !== undefined)
    noteAlreadyExecuted(planning, wanted, record.alreadyExecuted.commit);
  const run = known.runs.get(wanted.id);
  if (run !== undefined) follow(planning, wanted, run);
  planScope(planning, wanted, record);
  if (wanted.invocation.stop && run !== undefined && run.stopped === undefined) {
    plan.steps.push(manifestStop(run));
  }
}

/** What recurs follows its manifest and its Command. */
function follow({ plan }: Planning, { invocation, script, content, work }: Wanted, run: Run): void {
  if (!recurs(run.repeat)) return;
  const { deliverySeconds, repeat } = invocation;
  const now = { work, repeat, deliverySeconds };
  if (same(now, { work: run.work, repeat: run.repeat, deliverySeconds: run.deliverySeconds })) return;
  plan.steps.push({
    do: 'follow',
    run: run.id,
    invocation: run.invocation,
    now,
    ...(script !== undefined && { script }),
    ...(content !== undefined && { content }),
  });
}

function same(a: object, b: object): boolean {
  return canonicalJson(JSON.parse(JSON.stringify(a))) === canonicalJson(JSON.parse(JSON.stringify(b)));
}

/**
 * The run existed before: a revert, or a deleted manifest that is back. What has executed does not again; what recurs
 * goes on, with the next tick or boot.
 */
function reinstate(planning: Planning, wanted: Wanted, record: InvocationRecord | undefined): void {
  const { catalog, known, now, plan } = planning;
  const run = known.runs.get(wanted.id);
  const { repeat, stop } = wanted.invocation;
  const goesOn = run !== undefined && !stop && isIdle(planning, { ...run, repeat });
  plan.steps.push({
    do: 'reinstate',
    record: {
      ...recordOf(wanted, record),
      // Of a manifest that is back, other targets than before are still to be looked at.
      ...(record?.run === wanted.id && { targetsDigest: record.targetsDigest }),
      ...(!goesOn && { alreadyExecuted: { commit: catalog.commit, at: now } }),
    },
    // Instances and ticks may come yet.
    ...(wanted.content !== undefined && { content: wanted.content }),
    ...(record !== undefined && record.run !== wanted.id && { supersedes: record.run }),
  });
  if (stop && run !== undefined && run.stopped === undefined) plan.steps.push(manifestStop(run));
  if (goesOn) resume(planning, wanted, run);
  else noteAlreadyExecuted(planning, wanted, catalog.commit);
}

/** On the instances that are its targets now. */
function resume(planning: Planning, wanted: Wanted, run: Run): void {
  const { known, plan } = planning;
  follow(planning, wanted, run);
  const { instances } = select(wanted.invocation.targets, known.fleet);
  const members = known.members(run.id) ?? new Set();
  const joined = instances.filter((instance) => !members.has(instance));
  if (joined.length > 0 && !tooManyTargets(planning, wanted, joined.length))
    plan.steps.push({ do: 'extend', run: run.id, invocation: run.invocation, instances: joined });
}

/** A run that never was. */
function accept(planning: Planning, wanted: Wanted, record: InvocationRecord | undefined): void {
  const { catalog, known, now, plan } = planning;
  const { invocation } = wanted;
  const { instances, unknown } = select(invocation.targets, known.fleet);
  const refusal = refusalOf(instances, unknown);
  if (refusal !== undefined) {
    addNote(planning.plan, wanted.invocation.name, refusal);
    return;
  }
  if (tooManyTargets(planning, wanted, instances.length)) return;
  const run: Run = {
    id: wanted.id,
    digest: wanted.digest,
    digestWithoutName: wanted.digestWithoutName,
    invocation: invocation.name,
    work: wanted.work,
    repeat: invocation.repeat,
    deliverySeconds: invocation.deliverySeconds,
    acceptedAt: now,
    source: { commit: catalog.commit, path: invocation.place.file, line: invocation.place.line },
  };
  const expired = expiredSchedule(run, instances, known, now);
  if (expired !== undefined) return addNote(plan, invocation.name, expired);
  plan.steps.push({
    do: 'accept',
    run,
    record: recordOf(wanted, record),
    ...(wanted.script !== undefined && { script: wanted.script }),
    ...(wanted.content !== undefined && { content: wanted.content }),
    instances,
    ...(record !== undefined && { supersedes: record.run }),
  });
  if (invocation.stop) plan.steps.push(manifestStop(run));
}

function manifestStop({ id, invocation }: Run): Step {
  return { do: 'stop', run: id, invocation, reason: 'stop: true in the manifest' };
}

function refusalOf(instances: string[], unknown: string[]): Note | undefined {
  if (unknown.length > 0) return unknownInstances(unknown);
  if (instances.length === 0) {
    const message = 'The selector matches no instance. It is accepted as soon as it matches one.';
    return { type: 'Accepted', reason: 'NoInstances', message };
  }
  return undefined;
}

/** The record for the run that is asked for. What was in force before becomes the newest past run. */
export function recordOf(
  { invocation, id, targetsDigest }: Wanted,
  before: InvocationRecord | undefined,
): InvocationRecord {
  const past = before === undefined ? [] : [before.run, ...before.pastRuns];
  return {
    name: invocation.name,
    path: invocation.place.file,
    targetsDigest,
    run: id,
    pastRuns: [...new Set(past)].filter((run) => run !== id),
    lateJoiners: invocation.targets.lateJoiners,
    deletionPolicy: invocation.deletionPolicy,
    stop: invocation.stop,
  };
}

function noteAlreadyExecuted(planning: Planning, wanted: Wanted, commit: string): void {
  const message = `Run ${wanted.id} has executed before; commit ${commit.slice(0, 12)} asks for it again. To run it once more, change rerun.`;
  addNote(planning.plan, wanted.invocation.name, {
    type: 'AlreadyExecuted',
    reason: 'AlreadyExecuted',
    message,
  });
}
