// Runs that recur, and what is left of their occurrences, written into a ledger as if they had happened.
import type { Execution, ExecutionState } from '../../controller/run/execution.ts';
import { type Occurrence, occurrenceKey, tickOccurrence } from '../../controller/run/occurrence.ts';
import type { InvocationRecord, Run } from '../../controller/run/run.ts';
import type { Change } from '../../controller/store/port.ts';
import { sha256 } from '../../schemas/digest.ts';
import { executionIdOf, runIdOf } from '../../schemas/identity.ts';
import { shellRun } from './run.ts';

/** A run of this Invocation once an hour, accepted at `at` (ISO time). */
export function hourlyRun(invocation: string, at: string, changes: Partial<Run> = {}): Run {
  const digest = sha256(`${invocation} ${at}`);
  return {
    id: runIdOf(digest),
    digest,
    digestWithoutName: sha256(at),
    invocation,
    ...shellRun(sha256('echo')),
    repeat: { mode: 'Period', frequency: 'rate(1h)', startingDeadlineSeconds: 3600, concurrency: 'Forbid' },
    acceptedAt: at,
    source: { commit: '0'.repeat(40), path: 'a.yaml', line: 1 },
    ...changes,
  };
}

/** The record that has this run in force. */
export function inForce(run: Run, changes: Partial<InvocationRecord> = {}): Change {
  const value: InvocationRecord = {
    name: run.invocation,
    path: 'a.yaml',
    targetsDigest: '',
    run: run.id,
    pastRuns: [],
    lateJoiners: 'Ignore',
    deletionPolicy: 'Finish',
    stop: false,
    ...changes,
  };
  return { put: 'invocation', key: value.name, value };
}

/** The occurrence of the tick at this ISO time, in this state. */
export function occurrenceAt(run: Run, at: string, is: 'ahead' | 'fired' | 'over', executions = 1): Change {
  const commit = run.source.commit;
  const { work } = run;
  const state: Occurrence['state'] =
    is === 'ahead'
      ? { is }
      : is === 'fired'
        ? { is, work, commit }
        : { is, work, commit, endedAt: at, phases: { Success: executions } };
  const occurrence = tickOccurrence(at);
  return {
    put: 'occurrence',
    key: occurrenceKey(run.id, occurrence),
    value: { run: run.id, occurrence, at, state },
  };
}

/** The execution of a run on an instance: of the tick at `at`, or the only one. */
export function executionAt(
  run: Run,
  at: string,
  instance: string,
  state: ExecutionState,
): { put: 'execution'; key: string; value: Execution } {
  const occurrence = at === 'once' ? at : tickOccurrence(at);
  const id = executionIdOf(run.id, occurrence, instance);
  return { put: 'execution', key: id, value: { id, run: run.id, occurrence, instance, state } };
}

/** An end by itself at this ISO time. */
export function endedAt(at: string, outputBytes = 0): ExecutionState {
  return { is: 'ended', offer: 1, end: { phase: 'Success', at, startedAt: at, exitCode: 0, outputBytes } };
}
