// How the executions of a run add up. Phases that this version does not know count for nothing.
//
// Overall state, by Cloud Assistant's priorities: Running (any) › Stopping (any) › Stopped (all) ›
// Failed (all, or with Stopped) › Finished (all, or with Stopped) › PartialFailed.
//
// Overall phase: the same priorities, more finely.
//   any Running                            Running
//   else any Pending                       Pending
//   else any Scheduled                     Scheduled
//   else any Stopping                      Stopping
//   all ended, by what they ended as (success: Success; stopped: Cancelled, Terminated; failing: the others):
//   only stopped                           Stopped
//   failing, or failing and stopped        Failed
//   success, or success and stopped        Success
//   success and failing                    PartialFailed
// Exit ≠ 0 (phase Failed) is a failing end here, while its state is Finished: a run whose executions all exited
// with 1 has state Finished and phase Failed.
//
// A run without any execution has nothing left to do: Finished, Success.
import type { Phase, State } from '../../schemas/generated/definitions.ts';
import type { InvocationStatusBody, StateCounts } from '../../schemas/generated/status.ts';
import { type Execution, phaseOf, stateOf } from './execution.ts';

export type OverallPhase = NonNullable<InvocationStatusBody['phase']>;

/** How many executions are in each phase. */
export type PhaseCounts = Readonly<Partial<Record<string, number>>>;

const phasesBy = {
  /** In order of priority. */
  live: ['Running', 'Pending', 'Scheduled', 'Stopping'],
  /** The most active first. */
  activity: ['Running', 'Stopping', 'Pending', 'Scheduled'],
  success: ['Success'],
  stopped: ['Cancelled', 'Terminated'],
  failing: ['Failed', 'Timeout', 'Error', 'Invalid', 'Aborted', 'Unknown'],
} as const satisfies Record<string, readonly Phase[]>;

/** Overall state by Cloud Assistant's priorities. */
export function overallState(phases: PhaseCounts): State {
  const counts = stateCounts(phases);
  if (counts.Running) return 'Running';
  if (counts.Stopping) return 'Stopping';
  if (counts.Failed) return counts.Finished ? 'PartialFailed' : 'Failed';
  return counts.Stopped && !counts.Finished ? 'Stopped' : 'Finished';
}

/** Overall phase by the table above. */
export function overallPhase(phases: PhaseCounts): OverallPhase {
  for (const phase of phasesBy.live) {
    if (phases[phase]) return phase;
  }
  const any = (of: readonly Phase[]): boolean => of.some((phase) => phases[phase]);
  if (any(phasesBy.failing)) return any(phasesBy.success) ? 'PartialFailed' : 'Failed';
  return any(phasesBy.stopped) && !any(phasesBy.success) ? 'Stopped' : 'Success';
}

/** Of the live executions of a run that recurs, on each instance the one that does most: what runs before what waits. */
export function mostActive(executions: Iterable<Execution>): Map<string, Execution> {
  const order: readonly string[] = phasesBy.activity;
  const byInstance = new Map<string, Execution>();
  for (const execution of executions) {
    const known = byInstance.get(execution.instance);
    const isMore =
      known === undefined || order.indexOf(phaseOf(execution.state)) < order.indexOf(phaseOf(known.state));
    if (isMore) byInstance.set(execution.instance, execution);
  }
  return byInstance;
}

/**
 * In which phase how many instances are, of the live executions of a run that recurs. `stopped` are the instances
 * where a person stopped it.
 */
export function instancePhases(executions: Iterable<Execution>, stopped: Iterable<string>): PhaseCounts {
  const byInstance = mostActive(executions);
  const counts: Record<string, number> = {};
  for (const { state } of byInstance.values()) counts[phaseOf(state)] = (counts[phaseOf(state)] ?? 0) + 1;
  for (const instance of stopped)
    if (!byInstance.has(instance)) counts.Cancelled = (counts.Cancelled ?? 0) + 1;
  return counts;
}

/** How many executions there are in all, and in each state that any is in. */
export function stateCounts(phases: PhaseCounts): StateCounts {
  const counts: StateCounts = { total: 0 };
  for (const phase of new Set(Object.values(phasesBy).flat())) {
    const count = phases[phase] ?? 0;
    if (count === 0) continue;
    const state = stateOf(phase);
    counts.total += count;
    counts[state] = (counts[state] ?? 0) + count;
  }
  return counts;
}
