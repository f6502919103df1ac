// The life of one execution, as the controller knows it.
//
//   waiting ──offer──▶ offered ──received──▶ received ──started──▶ running ──ended──▶ ended
//      │                  │                     │                    │
//      │ cancel           └──────── stop ───────┴────────────────────┤
//      ▼                                                             ▼
//    ended (Cancelled)                                  stopping ──ended──▶ ended
//
// Any of offered, received, running, stopping may go to ended at once: messages get lost, the end does not. So may
// waiting, when an agent's journal knows of an end that the store does not.
// A stop with ifStarted "leave" (superseded, removed from the targets) that comes too late goes back to running.
import type { Phase, State } from '../../schemas/generated/definitions.ts';
import type { End, FinalPhase, IfStarted } from '../../schemas/generated/wire.ts';

export type ExecutionState =
  | { is: 'waiting' }
  | { is: 'offered'; offer: number }
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
}

export interface Execution {
  /** run.occurrence.instance */
  id: string;
  run: string;
  occurrence: string;
  instance: string;
  state: ExecutionState;
}

/** The finer state that people see. */
export function phaseOf(state: ExecutionState): Phase {
  switch (state.is) {
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

/** Whether an execution in this phase has ended. */
export function isFinal(phase: string): boolean {
  return finalPhases.some((final) => final === phase);
}
