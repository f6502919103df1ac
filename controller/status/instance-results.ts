import type { Phase } from '../../schemas/generated/definitions.ts';
import type { InstanceResult } from '../../schemas/generated/status.ts';
import { mostActive, type PhaseCounts } from '../run/aggregate.ts';
import { type Execution, phaseOf, type Stop, stateOf } from '../run/execution.ts';
import { occurrenceKey } from '../run/occurrence.ts';
import { type Run, recurs } from '../run/run.ts';
import type { Ledger } from '../store/ledger.ts';
import { outputTail } from './output-tail.ts';

const limit = 50;
/** Of a run on more instances than that, so many of those that do not fail: they say little, and each costs Git. */
const fewOthers = 20;
/** Ends that somebody has to look at: state Failed, or an exit code other than 0. */
const failing = {
  Pending: false,
  Scheduled: false,
  Running: false,
  Stopping: false,
  Success: false,
  Failed: true,
  Timeout: true,
  Error: true,
  Invalid: true,
  Aborted: true,
  Unknown: true,
  Cancelled: false,
  Terminated: false,
} as const satisfies Record<Phase, boolean>;
const failingPhases: ReadonlySet<string> = new Set(
  Object.entries(failing).flatMap(([phase, fails]) => (fails ? [phase] : [])),
);

/**
 * The executions of a run as its document shows them: at most 50, failing ones first, then by instance (of a run on
 * more than 50, at most 20 that do not fail); with the
 * last lines of output of those that fail. Reads what is on disk, and no further than it has to.
 */
export async function instanceResults(
  ledger: Ledger,
  run: Run,
  phases: PhaseCounts,
): Promise<InstanceResult[]> {
  if (recurs(run.repeat)) return recurringResults(ledger, run);
  const shown = await executionsShown(ledger, `${run.id}.`, phases);
  return Promise.all(shown.map((execution) => instanceResult(ledger, execution)));
}

/** What instances do now; when nothing is to come any more, how the last occurrence ended on them. */
async function recurringResults(ledger: Ledger, run: Run): Promise<InstanceResult[]> {
  const byInstance = mostActive(ledger.liveOf(run.id).values());
  if (byInstance.size === 0) {
    const last = lastFired(ledger, run.id);
    const shown =
      last === undefined
        ? []
        : await executionsShown(ledger, `${occurrenceKey(run.id, last.occurrence)}.`, last.phases);
    return Promise.all(shown.map((execution) => instanceResult(ledger, execution)));
  }
  const stopped = [...ledger.stoppedOn(run.id)]
    .filter(([instance]) => !byInstance.has(instance))
    .map(([instance, stop]) => stoppedResult(ledger, instance, stop));
  const shown = [...byInstance.values()].sort((a, b) => (a.instance < b.instance ? -1 : 1)).slice(0, limit);
  const results = await Promise.all(shown.map((execution) => instanceResult(ledger, execution)));
  return [...stopped, ...results].slice(0, limit);
}

function lastFired(ledger: Ledger, run: string): { occurrence: string; phases: PhaseCounts } | undefined {
  let last: { occurrence: string; at: string; phases: PhaseCounts } | undefined;
  for (const { at, occurrence, state } of ledger.occurrences(run).values()) {
    if ((state.is !== 'fired' && state.is !== 'over') || (last !== undefined && last.at > at)) continue;
    const phases = state.is === 'over' ? state.phases : ledger.occurrencePhases(run, occurrence);
    last = { occurrence, at, phases };
  }
  return last;
}

function stoppedResult(ledger: Ledger, instance: string, { at, reason }: Stop): InstanceResult {
  const name = ledger.instances.get(instance)?.name ?? instance;
  return { instance, name, state: 'Stopped', phase: 'Cancelled', message: reason, endedAt: at };
}

async function executionsShown(ledger: Ledger, prefix: string, phases: PhaseCounts): Promise<Execution[]> {
  let total = 0;
  let failingToCome = 0;
  for (const [phase, count = 0] of Object.entries(phases)) {
    total += count;
    if (failingPhases.has(phase)) failingToCome += count;
  }
  const othersShown = total > limit ? fewOthers : limit;
  const failed: Execution[] = [];
  const others: Execution[] = [];
  for await (const [, execution] of ledger.store.list('execution', { prefix })) {
    if (failingPhases.has(phaseOf(execution.state))) failed.push(execution);
    else if (others.length < othersShown) others.push(execution);
    // The rows of a run come in the order of their instances.
    const failedShown = Math.min(failed.length, limit);
    const isFull = failedShown + others.length >= limit || others.length >= othersShown;
    if (failedShown === limit || (failed.length >= failingToCome && isFull)) break;
  }
  return [...failed, ...others].slice(0, limit);
}

async function instanceResult(ledger: Ledger, { id, instance, state }: Execution): Promise<InstanceResult> {
  const phase = phaseOf(state);
  const shown = {
    instance,
    name: ledger.instances.get(instance)?.name ?? instance,
    state: stateOf(phase),
    phase,
  };
  if (state.is !== 'ended') {
    const { startedAt } = { startedAt: undefined, ...state };
    return { ...shown, ...(startedAt !== undefined && { startedAt }) };
  }
  const { exitCode, errorCode, message, startedAt, at } = state.end;
  const output = failingPhases.has(phase) ? await ledger.store.get('output', id) : undefined;
  const tail = output && outputTail(output);
  return {
    ...shown,
    ...(exitCode !== undefined && { exitCode }),
    ...(errorCode !== undefined && { errorCode }),
    ...(message !== undefined && { message }),
    ...(startedAt !== undefined && { startedAt }),
    endedAt: at,
    ...(tail !== undefined && { outputTail: tail }),
  };
}
