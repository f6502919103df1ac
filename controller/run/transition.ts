import type { End } from '../../schemas/generated/wire.ts';
import type { ExecutionState, Stop } from './execution.ts';

/** What can happen to an execution. */
export type Event =
  | { event: 'offer'; offer: number }
  | { event: 'received'; offer: number }
  | { event: 'started'; offer: number; at: string }
  | { event: 'ended'; end: End; offer?: number }
  | { event: 'stop'; stop: Stop };

/**
 * The state after the event, or undefined if it changes nothing (a repeat, or too late): an execution that has
 * ended never changes.
 */
export function transition(state: ExecutionState, event: Event): ExecutionState | undefined {
  throw new Error(`not written: ${state.is} ${event.event}`);
}
