// Which executions there are: of all runs, ended ones too, run by run in the order of their acceptance.
//
// 1. What a filter rules out is not read. Runs are in memory, with when they ended and how; of a run that happens
//    once the row of an instance has a known key; of one that recurs the records of its occurrences say which rows
//    there are. So a question about one instance or about the last hour does not read the table.
// 2. A page looks at a bounded number of rows. It may be short, or empty, and go on all the same: `next` says so.
// 3. Pages follow each other by the place in this order, not by what was found: what ends or comes meanwhile moves
//    nothing.
import type { Phase, State } from '../../schemas/generated/definitions.ts';
import { executionIdOf, executionParts } from '../../schemas/identity.ts';
import type { PhaseCounts } from '../run/aggregate.ts';
import { type Execution, phaseOf, phases, stateOf } from '../run/execution.ts';
import type { Occurrence } from '../run/occurrence.ts';
import { type Run, recurs } from '../run/run.ts';
import type { Ledger } from '../store/ledger.ts';

export interface ExecutionFilter {
  /** Of its run in force. */
  invocation?: string;
  /** Instance id. */
  instance?: string;
  occurrence?: string;
  state?: State;
  phase?: Phase;
  /** ISO time: what had ended before is left out. */
  since?: string;
  /** The run that was accepted last comes first, and of it the last occurrence. */
  newestFirst?: boolean;
  /** `next` of the page before. */
  after?: string;
  /** At most so many, 1,000 if it is not given. */
  limit?: number;
}

export interface ExecutionPage {
  executions: Execution[];
  /** Where the next page goes on; absent at the end. */
  next?: string;
}

/** So many rows a page looks at. */
const usualLooks = 20_000;

/** One page. `looks` is only for tests. */
export async function findExecutions(
  ledger: Ledger,
  filter: ExecutionFilter,
  looks = usualLooks,
): Promise<ExecutionPage> {
  const { limit = 1000 } = filter;
  const executions: Execution[] = [];
  let left = looks;
  for (const run of runsIn(ledger, filter)) {
    for await (const { id, execution } of rowsOf(ledger, run, filter)) {
      if (execution !== undefined && passes(execution, filter)) executions.push(execution);
      left -= 1;
      if (executions.length >= limit || left <= 0) return { executions, next: id };
    }
  }
  return { executions };
}

/** Whether a page may go on after it. */
export function isPlace(ledger: Ledger, after: string): boolean {
  return ledger.runs.has(executionParts(after)?.run ?? '');
}

/** The runs that may have something to be found, in their order, from where the page goes on. */
function runsIn(ledger: Ledger, filter: ExecutionFilter): Run[] {
  const first = ledger.runs.get(executionParts(filter.after ?? '')?.run ?? '');
  const order = (a: Run, b: Run) => byAcceptance(a, b) * (filter.newestFirst === true ? -1 : 1);
  return runsAskedFor(ledger, filter)
    .filter((run) => mayHave(ledger, run, filter) && (first === undefined || order(run, first) >= 0))
    .sort(order);
}

function runsAskedFor(ledger: Ledger, { invocation }: ExecutionFilter): Run[] {
  if (invocation === undefined) return [...ledger.runs.values()];
  const run = ledger.runs.get(ledger.invocations.get(invocation)?.run ?? '');
  return run === undefined ? [] : [run];
}

function mayHave(ledger: Ledger, { id, repeat, settled }: Run, filter: ExecutionFilter): boolean {
  const { occurrence, since } = filter;
  if (settled?.removed === 'all') return false;
  if (since !== undefined && settled !== undefined && settled.at < since) return false;
  if (recurs(repeat)) return occurrence !== 'once';
  if (occurrence !== undefined && occurrence !== 'once') return false;
  return hasPhase(ledger.phases(id), filter);
}

function hasPhase(counts: PhaseCounts, filter: ExecutionFilter): boolean {
  if (filter.phase === undefined && filter.state === undefined) return true;
  return phases.some((phase) => (counts[phase] ?? 0) > 0 && isWanted(phase, filter));
}

/** What there is of a run, from where the page goes on; without an execution where there might have been one. */
async function* rowsOf(
  ledger: Ledger,
  run: Run,
  filter: ExecutionFilter,
): AsyncGenerator<{ id: string; execution: Execution | undefined }> {
  if (!recurs(run.repeat)) return yield* rowsIn(ledger, run.id, 'once', filter);
  for await (const occurrence of occurrencesOf(ledger, run.id, filter))
    if (mayHaveIn(ledger, occurrence, filter)) yield* rowsIn(ledger, run.id, occurrence.occurrence, filter);
}

async function* occurrencesOf(
  ledger: Ledger,
  run: string,
  { after, newestFirst, occurrence: only }: ExecutionFilter,
): AsyncGenerator<Occurrence> {
  const place = executionParts(after ?? '');
  const goesOn = place?.run === run;
  if (goesOn) {
    const occurrence = await ledger.store.get('occurrence', `${run}.${place.occurrence}`);
    if (occurrence !== undefined && (only === undefined || only === place.occurrence)) yield occurrence;
  }
  const range = {
    prefix: only === undefined ? `${run}.` : `${run}.${only}`,
    ...(goesOn && { after: `${run}.${place.occurrence}` }),
    ...(newestFirst === true && { backwards: true as const }),
  };
  for await (const [, occurrence] of ledger.store.list('occurrence', range))
    if (only === undefined || occurrence.occurrence === only) yield occurrence;
}

function mayHaveIn(ledger: Ledger, { run, occurrence, state }: Occurrence, filter: ExecutionFilter): boolean {
  const { since } = filter;
  switch (state.is) {
    case 'missed':
      return true;
    case 'over':
      return (since === undefined || state.endedAt >= since) && hasPhase(state.phases, filter);
    case 'ahead':
    case 'fired':
      return hasPhase(ledger.occurrencePhases(run, occurrence), filter);
  }
}

async function* rowsIn(
  ledger: Ledger,
  run: string,
  occurrence: string,
  { after, instance, newestFirst }: ExecutionFilter,
): AsyncGenerator<{ id: string; execution: Execution | undefined }> {
  const prefix = `${run}.${occurrence}.`;
  const from = after?.startsWith(prefix) ? after : undefined;
  if (instance !== undefined) {
    const id = executionIdOf(run, occurrence, instance);
    if (from !== undefined) return;
    yield { id, execution: ledger.live(id) ?? (await ledger.store.get('execution', id)) };
    return;
  }
  const range = {
    prefix,
    ...(from !== undefined && { after: from }),
    ...(newestFirst === true && { backwards: true as const }),
  };
  for await (const [id, stored] of ledger.store.list('execution', range))
    yield { id, execution: ledger.live(id) ?? stored };
}

function passes({ state }: Execution, filter: ExecutionFilter): boolean {
  if (filter.since !== undefined && state.is === 'ended' && state.end.at < filter.since) return false;
  return isWanted(phaseOf(state), filter);
}

function isWanted(phase: Phase, { phase: wanted, state }: ExecutionFilter): boolean {
  return (wanted === undefined || phase === wanted) && (state === undefined || stateOf(phase) === state);
}

function byAcceptance(a: Run, b: Run): number {
  if (a.acceptedAt === b.acceptedAt) return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
  return a.acceptedAt < b.acceptedAt ? -1 : 1;
}
