// The life of one execution, as the controller knows it.
//
//   scheduled ──due──▶ waiting ──offer──▶ offered ──received──▶ received ──started──▶ running ──ended──▶ ended
//       │                 │                  │                     │                    │
//       │ stop, skip      │ stop, overdue    └── stop, overdue ────┴─────── stop ───────┤
//       ▼                 ▼                                                             ▼
//     ended (Cancelled, Aborted)                                         stopping ──ended──▶ ended
//
// Any of offered, received, running, stopping may go to ended at once: messages get lost, the end does not. So may
// scheduled and waiting, when an agent's journal knows of an end that the store does not.
// What was offered and not heard of when it is overdue may be on the machine: the agent is told to leave it alone, and
// says what became of it.
// A stop with ifStarted "leave" (superseded, removed from the targets) that comes too late goes back to running.
import type { Phase, State } from '../../schemas/generated/definitions.ts';
import type { End, FinalPhase, IfStarted } from '../../schemas/generated/wire.ts';

export type ExecutionState =
  | { is: 'scheduled'; for: Moment }
  | { is: 'waiting'; deliverBefore: string }
  | { is: 'offered'; offer: number; deliverBefore: string }
  | { is: 'received'; offer: number }
  | { is: 'running'; offer: number; startedAt: string }
  | { is: 'stopping'; offer: number; startedAt?: string; stop: Stop }
  | { is: 'ended'; offer?: number; end: End; stop?: Stop };

/** Who asked for the stop, why, when; and whether what has started is killed or left to finish. */
export interface Stop {
  by: string;
  reason: string;
  at: string;
  ifStarted: IfStarted;
  /** It was not delivered in time: if it has not started it ends as Aborted. */
  overdue?: true;
}

/** What a scheduled execution waits for. */
export type Moment =
  /** A tick (ISO time), which a schedule in Local time has in the zone of the instance. */
  | { is: 'tick'; at: string; zone?: string }
  /** A boot other than this one that came after `since` (ISO time). */
  | { is: 'boot'; after: string; since: string };

export interface Execution {
  /** run.occurrence.instance */
  id: string;
  run: string;
  occurrence: string;
  instance: string;
  state: ExecutionState;
}

/** Whether no agent was given it yet, as far as this controller knows. */
export function isUnsent(
  state: ExecutionState,
): state is Extract<ExecutionState, { is: 'scheduled' | 'waiting' }> {
  return state.is === 'scheduled' || state.is === 'waiting';
}

/** The finer state that people see. */
export function phaseOf(state: ExecutionState): Phase {
  switch (state.is) {
    case 'scheduled':
      return 'Scheduled';
    case 'waiting':
    case 'offered':
    case 'received':
      return 'Pending';
    case 'running':
      return 'Running';
    case 'stopping':
      return state.stop.ifStarted === 'kill'
        ? 'Stopping'
        : state.startedAt === undefined
          ? 'Pending'
          : 'Running';
    case 'ended':
      return state.end.phase;
  }
}

const stateOfPhase = {
  Pending: 'Running',
  Scheduled: 'Running',
  Running: 'Running',
  Stopping: 'Stopping',
  Success: 'Finished',
  Failed: 'Finished',
  Timeout: 'Failed',
  Error: 'Failed',
  Invalid: 'Failed',
  Aborted: 'Failed',
  Unknown: 'Failed',
  Cancelled: 'Stopped',
  Terminated: 'Stopped',
} as const satisfies Record<Phase, State>;

/** State of one execution: what Cloud Assistant calls what the phase says more finely. */
export function stateOf(phase: Phase): Exclude<State, 'PartialFailed'> {
  return stateOfPhase[phase];
}

/** The phases that an execution ends in. */
export const finalPhases = [
  'Success',
  'Failed',
  'Timeout',
  'Error',
  'Invalid',
  'Aborted',
  'Unknown',
  'Cancelled',
  'Terminated',
] as const satisfies readonly FinalPhase[];

/** Every phase that an execution can be in. */
export const phases = [
  'Pending',
  'Scheduled',
  'Running',
  'Stopping',
  ...finalPhases,
] as const satisfies readonly Phase[];

/** Whether an execution in this phase has ended. */
export function isFinal(phase: string): boolean {
  return finalPhases.some((final) => final === phase);
}
