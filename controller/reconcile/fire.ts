// What a tick or a boot does to the executions that wait for it, as changes.
//
// 1. On an instance at most one execution of a run waits to be delivered: a newer tick takes the place of an older
//    one that nobody came for.
// 2. A tick that finds an earlier one of its run on its way does what the run's concurrency policy says.
import type { End } from '../../schemas/generated/wire.ts';
import type { FireStep, Firing, Step } from '../plan/step.ts';
import { type Execution, isUnsent, type Stop } from '../run/execution.ts';
import { type Occurrence, occurrenceKey } from '../run/occurrence.ts';
import type { Run } from '../run/run.ts';
import { transition } from '../run/transition.ts';
import type { Ledger } from '../store/ledger.ts';
import type { Change } from '../store/port.ts';
import { type Claim, type NewExecution, newExecution, newExecutions } from './new-executions.ts';

type Claims = ReadonlyMap<string, Claim>;

/** `make` decides whether an execution that is due may wait in its instance's line. */
export function fireChanges(
  step: FireStep,
  ledger: Ledger,
  claims: Claims,
  now: string,
  make: NewExecution,
): Change[] {
  const { ahead, fires, lastTick, missed, zone } = step;
  const known = ledger.runs.get(step.run);
  if (known === undefined) return [];
  const run: Run = { ...known, lastTick: latest(known.lastTick, lastTick) };
  const changes: Change[] = [{ put: 'run', key: run.id, value: run }];
  const goOn: string[] = [];
  for (const [instance, executions] of groupByInstance(ledger.liveOf(run.id).values())) {
    const scheduled = executions.find((each) => waitsFor(each, ahead.at, zone));
    if (scheduled === undefined) continue;
    goOn.push(instance);
    const others = executions.filter((each) => each !== scheduled);
    if (fires?.occurrence !== ahead.occurrence) changes.push({ delete: 'execution', key: scheduled.id });
    if (fires !== undefined) changes.push(...startChanges(step, fires, instance, others, claims, now, make));
  }
  if (missed !== undefined && ledger.occurrences(run.id).get(ahead.occurrence)?.state.is !== 'fired')
    changes.push(occurrence({ run: run.id, ...ahead, state: { is: 'missed', ...missed } }));
  if (fires !== undefined) changes.push(...firedChanges(run.id, fires));
  // In the zone that each instance has now, if it is in Local time.
  return [...changes, ...newExecutions(run, goOn, ledger, claims, now, make)];
}

function latest(known: string | undefined, tick: string): string {
  return known === undefined || known < tick ? tick : known;
}

/** The execution that waited for the boot, and the one that it becomes. */
export function bootChanges(
  { after, again, execution: id, fires, run, since }: Extract<Step, { do: 'boot' }>,
  ledger: Ledger,
  claims: Claims,
  make: NewExecution,
): Change[] {
  const waiting = ledger.live(id);
  if (waiting === undefined) return [];
  const rearmed: Execution = {
    ...waiting,
    state: { is: 'scheduled', for: { is: 'boot', after, since } },
  };
  return [
    again ? { put: 'execution', key: id, value: rearmed } : { delete: 'execution', key: id },
    ...(fires === undefined
      ? []
      : [
          make(
            run,
            fires.occurrence,
            waiting.instance,
            { is: 'waiting', deliverBefore: fires.deliverBefore },
            claims,
          ),
          ...firedChanges(run, fires),
        ]),
  ];
}

function startChanges(
  { concurrency, run }: FireStep,
  { deliverBefore, occurrence }: Firing,
  instance: string,
  others: readonly Execution[],
  claims: Claims,
  now: string,
  make: NewExecution,
): Change[] {
  const changes: Change[] = [];
  const isBusy = others.some(({ state }) => !isUnsent(state));
  for (const each of others) {
    if (each.state.is === 'waiting') changes.push(...outrun(each, isBusy, now));
    else if (concurrency === 'Replace') changes.push(...replaced(each, now));
  }
  if (concurrency === 'Forbid' && isBusy) {
    const message = 'Skipped: an earlier tick had not ended on this instance.';
    const end = { phase: 'Cancelled', at: now, outputBytes: 0, message } as const;
    changes.push(newExecution(run, occurrence, instance, { is: 'ended', end }, claims));
  } else changes.push(make(run, occurrence, instance, { is: 'waiting', deliverBefore }, claims));
  return changes;
}

/** A newer tick takes its place: nobody came for it, or something of its run was in its way. */
function outrun(execution: Execution, isBusy: boolean, now: string): Change[] {
  const end: End = isBusy
    ? { phase: 'Cancelled', at: now, message: 'A newer tick came before its turn.', outputBytes: 0 }
    : {
        phase: 'Aborted',
        at: now,
        errorCode: 'DeliveryTimeout',
        message: 'The next tick came before the instance did; it never started.',
        outputBytes: 0,
      };
  const state = transition(execution.state, { event: 'ended', end });
  return state === undefined ? [] : [{ put: 'execution', key: execution.id, value: { ...execution, state } }];
}

function replaced(execution: Execution, now: string): Change[] {
  const stop: Stop = { by: 'controller', reason: 'replaced by the next tick', at: now, ifStarted: 'kill' };
  const state = isUnsent(execution.state) ? undefined : transition(execution.state, { event: 'stop', stop });
  return state === undefined ? [] : [{ put: 'execution', key: execution.id, value: { ...execution, state } }];
}

function firedChanges(run: string, { at, commit, occurrence: id, script, work }: Firing): Change[] {
  const text: Change[] =
    work.does === 'run' && script !== undefined
      ? [{ put: 'script', key: work.command.scriptDigest, value: { text: script } }]
      : [];
  return [...text, occurrence({ run, occurrence: id, at, state: { is: 'fired', work, commit } })];
}

function occurrence(value: Occurrence): Change {
  return { put: 'occurrence', key: occurrenceKey(value.run, value.occurrence), value };
}

function waitsFor({ state }: Execution, at: string, zone: string | undefined): boolean {
  return (
    state.is === 'scheduled' && state.for.is === 'tick' && state.for.at === at && state.for.zone === zone
  );
}

function groupByInstance(executions: Iterable<Execution>): Map<string, Execution[]> {
  const groups = new Map<string, Execution[]>();
  for (const execution of executions) {
    const group = groups.get(execution.instance);
    if (group === undefined) groups.set(execution.instance, [execution]);
    else group.push(execution);
  }
  return groups;
}
