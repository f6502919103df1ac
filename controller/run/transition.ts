// What an event does to an execution. The diagram is in execution.ts.
//
// 1. An execution that has ended never changes.
// 2. A repeated or late event changes nothing: undefined, and nothing is written.
// 3. An execution keeps the offer number that it was given first.
// 4. A stop only ever gets stronger: "leave" may become "kill", never the other way.
import type { End } from '../../schemas/generated/wire.ts';
import { type ExecutionState, isUnsent, type Stop } from './execution.ts';

/** What can happen to an execution. */
export type Event =
  | { event: 'due'; deliverBefore: string }
  | { event: 'offer'; offer: number }
  | { event: 'received'; offer: number }
  | { event: 'started'; offer: number; at: string }
  | { event: 'ended'; end: End; offer?: number }
  | { event: 'overdue'; at: string }
  | { event: 'stop'; stop: Stop };

/** In which states an event can change something. */
const possibleIn = {
  due: ['scheduled'],
  // Of a scheduled one only an agent knows an offer, if this store forgot that it made it.
  offer: ['scheduled', 'waiting'],
  received: ['offered'],
  started: ['offered', 'received', 'stopping'],
  ended: ['scheduled', 'waiting', 'offered', 'received', 'running', 'stopping'],
  overdue: ['waiting', 'offered'],
  stop: ['scheduled', 'waiting', 'offered', 'received', 'running', 'stopping'],
} as const satisfies Record<Event['event'], readonly ExecutionState['is'][]>;

/**
 * The state after the event, or undefined if it changes nothing (a repeat, or too late): an execution that has
 * ended never changes.
 */
export function transition(state: ExecutionState, event: Event): ExecutionState | undefined {
  switch (event.event) {
    case 'due':
      return isIn(state, possibleIn.due) ? { is: 'waiting', deliverBefore: event.deliverBefore } : undefined;
    case 'offer':
      return isIn(state, possibleIn.offer) ? offered(state, event.offer) : undefined;
    case 'received':
      return isIn(state, possibleIn.received) ? { is: 'received', offer: state.offer } : undefined;
    case 'started':
      return isIn(state, possibleIn.started) ? started(state, event.at) : undefined;
    case 'ended':
      return isIn(state, possibleIn.ended) ? ended(state, event.end, event.offer) : undefined;
    case 'overdue':
      return isIn(state, possibleIn.overdue) ? overdue(state, event.at) : undefined;
    case 'stop':
      return isIn(state, possibleIn.stop) ? stopped(state, event.stop) : undefined;
  }
}

/** Whether a stop that a person asks for (one that kills) would still change something. */
export function mayStop(state: ExecutionState): boolean {
  return isIn(state, possibleIn.stop) && !isBeingKilled(state);
}

type In<K extends ExecutionState['is']> = Extract<ExecutionState, { is: K }>;
type Possible<E extends Event['event']> = In<(typeof possibleIn)[E][number]>;

function isIn<K extends ExecutionState['is']>(state: ExecutionState, kinds: readonly K[]): state is In<K> {
  return kinds.some((kind) => kind === state.is);
}

function isBeingKilled(state: ExecutionState): boolean {
  return state.is === 'stopping' && state.stop.ifStarted === 'kill';
}

function offered(state: Possible<'offer'>, offer: number): ExecutionState {
  // One that an agent knows was offered before it was due, as far as this store remembers.
  const deliverBefore = state.is === 'waiting' ? state.deliverBefore : '';
  return { is: 'offered', offer, deliverBefore };
}

function started(state: Possible<'started'>, startedAt: string): ExecutionState | undefined {
  const running: ExecutionState = { is: 'running', offer: state.offer, startedAt };
  if (state.is !== 'stopping') return running;
  if (state.startedAt !== undefined) return undefined;
  // Too late to withdraw what was only to be left alone.
  return state.stop.ifStarted === 'leave' ? running : { ...state, startedAt };
}

function ended(state: Possible<'ended'>, reported: End, reportedOffer: number | undefined): ExecutionState {
  const offer = isUnsent(state) ? reportedOffer : state.offer;
  const startedAt = state.is === 'running' || state.is === 'stopping' ? state.startedAt : undefined;
  const isLate = state.is === 'stopping' && state.stop.overdue === true && reported.phase === 'Cancelled';
  const end = isLate
    ? notDelivered(reported.at)
    : state.is === 'stopping'
      ? withReason(reported, state.stop)
      : reported;
  return {
    is: 'ended',
    ...(offer === undefined ? {} : { offer }),
    // The end says itself when it started; what was heard before fills in where it does not know.
    end: startedAt === undefined ? end : { startedAt, ...end },
    ...(state.is === 'stopping' && !isLate ? { stop: state.stop } : {}),
  };
}

/** Who stopped it and why is said where its end is. */
function withReason(end: End, { by, reason }: Stop): End {
  const isStopped = end.phase === 'Terminated' || end.phase === 'Cancelled';
  return isStopped && end.message === undefined ? { ...end, message: `Stopped by ${by}: ${reason}` } : end;
}

function overdue(state: Possible<'overdue'>, at: string): ExecutionState {
  if (state.is === 'waiting') return { is: 'ended', end: notDelivered(at) };
  const stop: Stop = {
    by: 'controller',
    reason: 'not delivered in time',
    at,
    ifStarted: 'leave',
    overdue: true,
  };
  return { is: 'stopping', offer: state.offer, stop };
}

function notDelivered(at: string): End {
  const message = 'The instance did not come for it within its deliveryTimeout; it never started.';
  return { phase: 'Aborted', at, errorCode: 'DeliveryTimeout', message, outputBytes: 0 };
}

function stopped(state: Possible<'stop'>, stop: Stop): ExecutionState | undefined {
  switch (state.is) {
    case 'scheduled':
    case 'waiting': {
      const end: End = { phase: 'Cancelled', at: stop.at, outputBytes: 0, message: stop.reason };
      return { is: 'ended', end, stop };
    }
    case 'offered':
    case 'received':
      return { is: 'stopping', offer: state.offer, stop };
    case 'running':
      return stop.ifStarted === 'leave' ? undefined : { ...state, is: 'stopping', stop };
    case 'stopping':
      return isBeingKilled(state) || stop.ifStarted === 'leave' ? undefined : { ...state, stop };
  }
}
