import { executionIdOf } from '../../schemas/identity.ts';
import type { Step } from '../plan/step.ts';
import type { Execution, Stop } from '../run/execution.ts';
import { type Occurrence, occurrenceKey } from '../run/occurrence.ts';
import type { CommandRecord, InvocationRecord, Run, Work } from '../run/run.ts';
import { stopExecutions } from '../run/stop-executions.ts';
import { transition } from '../run/transition.ts';
import type { Ledger } from '../store/ledger.ts';
import type { Change } from '../store/port.ts';
import { bootChanges, fireChanges } from './fire.ts';
import { type Claim, inLine, type NewExecution, newExecutions } from './new-executions.ts';

/**
 * Does the steps, each in one commit, and resolves when all of it is on disk. A step that is half done cannot be:
 * after a crash the next pass plans it again, from the same ids.
 */
export async function apply(
  steps: readonly Step[],
  ledger: Ledger,
  now: string,
  mostInLine = Number.POSITIVE_INFINITY,
): Promise<void> {
  const make = inLine(ledger, mostInLine, now);
  const claims = await claimsFor(steps, ledger);
  const renamed = await renamedExecutions(steps, ledger);
  const seen = await bootsSeen(steps, ledger);
  await Promise.all(
    steps.map((step) => {
      const copies = step.do === 'rename' ? (renamed.get(step.run.id) ?? []) : [];
      const known = step.do === 'boot' && seen.has(step.execution) ? withoutFiring(step) : step;
      return ledger.commit([...changesOf(known, ledger, claims, now, make), ...copies]);
    }),
  );
}

function changesOf(
  step: Step,
  ledger: Ledger,
  claims: ReadonlyMap<string, Claim>,
  now: string,
  make: NewExecution,
): Change[] {
  const by = 'controller';
  switch (step.do) {
    case 'recordCommand': {
      const { record, script } = step;
      return [
        { put: 'command', key: record.name, value: record },
        // A large script is a blob.
        ...(record.blob === undefined
          ? [{ put: 'script', key: record.scriptDigest, value: { text: script } } as const]
          : []),
        ...editOf(record, ledger.commands.get(record.name), now),
      ];
    }
    case 'forgetCommand':
      return [{ delete: 'command', key: step.name }];
    case 'accept':
      return [
        { put: 'run', key: step.run.id, value: step.run },
        { put: 'invocation', key: step.record.name, value: step.record },
        ...scriptOf(step.run.work, step.script),
        ...newExecutions(step.run, step.instances, ledger, claims, now, make),
        ...superseded(step.supersedes, ledger, now),
      ];
    case 'reinstate':
      return [
        { put: 'invocation', key: step.record.name, value: step.record },
        ...superseded(step.supersedes, ledger, now),
      ];
    case 'extend': {
      const run = ledger.runs.get(step.run);
      if (run === undefined) return [];
      return [...reopened(run), ...newExecutions(run, step.instances, ledger, claims, now, make)];
    }
    case 'withdraw': {
      const left = new Set(step.instances);
      const stop: Stop = { by, reason: step.reason, at: now, ifStarted: 'leave' };
      return stopped(step.run, ledger, stop, (instance) => left.has(instance));
    }
    case 'stop': {
      const stop: Stop = { by, reason: step.reason, at: now, ifStarted: 'kill' };
      const run = ledger.runs.get(step.run);
      return [
        ...(run === undefined
          ? []
          : [{ put: 'run', key: run.id, value: { ...run, stopped: stop } } as const]),
        ...runsOf(step.run, ledger.invocations.get(step.invocation)).flatMap((each) =>
          stopped(each, ledger, stop),
        ),
      ];
    }
    case 'delete': {
      const stop: Stop = {
        by,
        reason: 'its manifest was deleted',
        at: now,
        ifStarted: step.kill ? 'kill' : 'leave',
      };
      return [
        { put: 'invocation', key: step.record.name, value: step.record },
        ...runsOf(step.record.run, step.record).flatMap((each) => stopped(each, ledger, stop)),
      ];
    }
    case 'rename':
      return [
        { put: 'run', key: step.run.id, value: step.run },
        { put: 'invocation', key: step.record.name, value: step.record },
        {
          put: 'invocation',
          key: step.from.name,
          value: { ...step.from, deleted: step.from.deleted ?? { commit: step.run.source.commit, at: now } },
        },
      ];
    case 'follow':
      return followed(step, ledger);
    case 'fire':
      return fireChanges(step, ledger, claims, now, make);
    case 'boot':
      return bootChanges(step, ledger, claims, make);
    case 'abort':
      return step.executions.flatMap((id) => overdue(ledger.live(id), now));
    case 'close': {
      const { occurrence, run } = step;
      const known = ledger.occurrences(run).get(occurrence);
      const ran = known && ranIn(known, ledger.runs.get(run));
      if (known === undefined || ran === undefined) return [];
      const phases = ledger.occurrencePhases(run, occurrence);
      const state = { is: 'over', ...ran, endedAt: now, phases } as const;
      return [{ put: 'occurrence', key: occurrenceKey(run, occurrence), value: { ...known, state } }];
    }
    case 'update':
      return [{ put: 'invocation', key: step.record.name, value: step.record }];
    case 'settle': {
      const run = ledger.runs.get(step.run);
      if (run === undefined) return [];
      const settled = { at: now, phases: ledger.phases(run.id) };
      return [{ put: 'run', key: run.id, value: { ...run, settled } }];
    }
  }
}

function overdue(execution: Execution | undefined, at: string): Change[] {
  const state = execution && transition(execution.state, { event: 'overdue', at });
  if (execution === undefined || state === undefined) return [];
  return [{ put: 'execution', key: execution.id, value: { ...execution, state } }];
}

/** The edit that gave the Command its content; none where something else of it changed. */
function editOf(record: CommandRecord, before: CommandRecord | undefined, at: string): Change[] {
  const { commit, name, scriptDigest: digest, type } = record;
  if (before?.scriptDigest === digest) return [];
  return [{ put: 'commandEdit', key: `${name}:${at}`, value: { digest, type, commit, at } }];
}

function scriptOf(work: Work, text: string | undefined): Change[] {
  if (work.does !== 'run' || text === undefined) return [];
  return [{ put: 'script', key: work.command.scriptDigest, value: { text } }];
}

/** What an occurrence executed; one that was stopped before it fired would have executed what the run says. */
function ranIn({ state }: Occurrence, run: Run | undefined): { work: Work; commit: string } | undefined {
  if (state.is === 'fired') return { work: state.work, commit: state.commit };
  return state.is === 'ahead' && run !== undefined
    ? { work: run.work, commit: run.source.commit }
    : undefined;
}

/** Only what follows: the run may have been stopped since this was planned. */
function followed({ now, run: id, script }: Extract<Step, { do: 'follow' }>, ledger: Ledger): Change[] {
  const run = ledger.runs.get(id);
  if (run === undefined) return [];
  return [{ put: 'run', key: id, value: { ...run, ...now } }, ...scriptOf(now.work, script)];
}

/** A run, and those before it of the same Invocation, which may be running still. */
function runsOf(run: string, record: InvocationRecord | undefined): string[] {
  return [...new Set([run, ...(record === undefined ? [] : [record.run, ...record.pastRuns])])];
}

function stopped(
  run: string,
  ledger: Ledger,
  stop: Stop,
  concerns?: (instance: string) => boolean,
): Change[] {
  const live = ledger.liveOf(run);
  const isWithdrawn = ({ id }: Execution) =>
    stop.ifStarted === 'leave' && live.get(id)?.state.is === 'scheduled';
  const changed = stopExecutions(live.values(), stop, concerns);
  return [
    ...changed.map(
      (value): Change =>
        isWithdrawn(value)
          ? { delete: 'execution', key: value.id }
          : { put: 'execution', key: value.id, value },
    ),
    ...emptied(run, ledger, changed.filter(isWithdrawn)),
  ];
}

/** What was to come and is withdrawn never was: it leaves nothing, and may come again. */
function emptied(run: string, ledger: Ledger, withdrawn: readonly Execution[]): Change[] {
  const left = new Map<string, number>();
  for (const { occurrence } of withdrawn)
    left.set(occurrence, (left.get(occurrence) ?? ledger.liveIn(run, occurrence)) - 1);
  return [...left].flatMap(([occurrence, live]): Change[] =>
    live === 0 ? [{ delete: 'occurrence', key: occurrenceKey(run, occurrence) }] : [],
  );
}

function superseded(run: string | undefined, ledger: Ledger, now: string): Change[] {
  if (run === undefined) return [];
  const stop: Stop = { by: 'controller', reason: 'superseded by another run', at: now, ifStarted: 'leave' };
  return stopped(run, ledger, stop);
}

function reopened(run: Run): Change[] {
  if (run.settled === undefined) return [];
  const { settled: _, ...open } = run;
  return [{ put: 'run', key: run.id, value: open }];
}

/** Executions that wait for a boot which has had its occurrence on their instance: a machine that went back to it. */
async function bootsSeen(steps: readonly Step[], ledger: Ledger): Promise<ReadonlySet<string>> {
  const seen = new Set<string>();
  for (const step of steps) {
    if (step.do !== 'boot' || step.fires === undefined) continue;
    const instance = ledger.live(step.execution)?.instance ?? '';
    const id = executionIdOf(step.run, step.fires.occurrence, instance);
    if ((await ledger.store.get('execution', id)) !== undefined) seen.add(step.execution);
  }
  return seen;
}

function withoutFiring(step: Extract<Step, { do: 'boot' }>): Step {
  const { fires: _, ...rest } = step;
  return { ...rest, again: true };
}

/** Executions and output of a run that goes on under another name, as those of the new run: so they can be looked at. */
async function renamedExecutions(
  steps: readonly Step[],
  ledger: Ledger,
): Promise<ReadonlyMap<string, readonly Change[]>> {
  const copies = new Map<string, Change[]>();
  for (const step of steps) {
    if (step.do !== 'rename') continue;
    const changes: Change[] = [];
    for await (const [key, execution] of ledger.store.list('execution', { prefix: `${step.from.run}.` })) {
      const id = executionIdOf(step.run.id, execution.occurrence, execution.instance);
      changes.push({ put: 'execution', key: id, value: { ...execution, id, run: step.run.id } });
      const output = await ledger.store.get('output', key);
      if (output !== undefined) changes.push({ put: 'output', key: id, value: output });
    }
    copies.set(step.run.id, changes);
  }
  return copies;
}

function runThatGrows(step: Step): string | undefined {
  if (step.do === 'accept') return step.run.id;
  return step.do === 'extend' || step.do === 'fire' || step.do === 'boot' ? step.run : undefined;
}

/** Claims of the runs that get executions. There are none unless this store forgot something. */
async function claimsFor(steps: readonly Step[], ledger: Ledger): Promise<ReadonlyMap<string, Claim>> {
  const claims = new Map<string, Claim>();
  for await (const [, claim] of ledger.store.list('claim', { limit: 1 })) claims.set(claim.execution, claim);
  if (claims.size === 0) return claims;
  for (const step of steps) {
    const run = runThatGrows(step);
    if (run === undefined) continue;
    for await (const [, claim] of ledger.store.list('claim', { prefix: `${run}.` }))
      claims.set(claim.execution, claim);
  }
  return claims;
}
