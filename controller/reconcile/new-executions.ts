// The executions that a run gets on instances, as changes.
import type { End } from '../../schemas/generated/wire.ts';
import { executionIdOf } from '../../schemas/identity.ts';
import type { ExecutionState } from '../run/execution.ts';
import { firstExecution } from '../run/first-execution.ts';
import { occurrenceKey } from '../run/occurrence.ts';
import { type Run, recurs } from '../run/run.ts';
import type { Ledger } from '../store/ledger.ts';
import type { Change, Tables } from '../store/port.ts';

export type Claim = Tables['claim'];

/** Makes one execution in this state. */
export type NewExecution = (
  run: string,
  occurrence: string,
  instance: string,
  state: ExecutionState,
  claims: ReadonlyMap<string, Claim>,
) => Change;

/** Of those instances that get one: a schedule may have ended. `now` is an ISO time. */
export function newExecutions(
  run: Run,
  instances: readonly string[],
  ledger: Ledger,
  claims: ReadonlyMap<string, Claim>,
  now: string,
  make: NewExecution,
): Change[] {
  const changes: Change[] = [];
  const ahead = new Set<string>();
  for (const id of instances) {
    // Somebody may have stopped it since this was planned.
    if (run.stopped !== undefined || ledger.stoppedOn(run.id).has(id)) continue;
    const instance = ledger.instances.get(id);
    const first = instance && firstExecution(run, instance, now);
    if (first === undefined) continue;
    changes.push(make(run.id, first.occurrence, id, first.state, claims));
    if (!recurs(run.repeat) || ahead.has(first.occurrence)) continue;
    if (ledger.occurrences(run.id).has(first.occurrence)) continue;
    ahead.add(first.occurrence);
    const at = first.state.is === 'scheduled' && first.state.for.is === 'tick' ? first.state.for.at : now;
    changes.push(aheadOccurrence(run.id, first.occurrence, at));
  }
  return changes;
}

/** An agent that knows the execution already has claimed it: it is not offered, its end counts. */
export const newExecution: NewExecution = (run, occurrence, instance, state, claims) => {
  const id = executionIdOf(run, occurrence, instance);
  const claim = claims.get(id);
  const value = { id, run, occurrence, instance, state: claim === undefined ? state : stateOfClaim(claim) };
  return { put: 'execution', key: id, value };
};

/** The same, but that an instance has no more than `mostInLine` executions that were not ended: the next one does not wait. */
export function inLine(ledger: Ledger, mostInLine: number, now: string): NewExecution {
  return (run, occurrence, instance, state, claims) => {
    const isTooMany = state.is === 'waiting' && lengthOfLine(ledger, instance) >= mostInLine;
    return newExecution(run, occurrence, instance, isTooMany ? turnedAway(now) : state, claims);
  };
}

function lengthOfLine(ledger: Ledger, instance: string): number {
  let length = 0;
  for (const { state } of ledger.liveOn(instance).values()) if (state.is !== 'scheduled') length += 1;
  return length;
}

function turnedAway(at: string): ExecutionState {
  const message = 'Too many executions wait for this instance; this one was not added to them.';
  const end: End = { phase: 'Aborted', at, errorCode: 'TaskConcurrencyLimit', message, outputBytes: 0 };
  return { is: 'ended', end };
}

function aheadOccurrence(run: string, occurrence: string, at: string): Change {
  const value = { run, occurrence, at, state: { is: 'ahead' } } as const;
  return { put: 'occurrence', key: occurrenceKey(run, occurrence), value };
}

function stateOfClaim({ offer, startedAt, end }: Claim): ExecutionState {
  if (end !== undefined) return { is: 'ended', offer, end };
  return startedAt === undefined ? { is: 'received', offer } : { is: 'running', offer, startedAt };
}
