// What an event does to an execution. The diagram is in execution.ts.
//
// 1. An execution that has ended never changes.
// 2. A repeated or late event changes nothing: undefined, and nothing is written.
// 3. An execution keeps the offer number that it was given first.
// 4. A stop only ever gets stronger: "leave" may become "kill", never the other way.
import type { End } from '../../schemas/generated/wire.ts';
import type { ExecutionState, Stop } from './execution.ts';

/** What can happen to an execution. */
export type Event =
  | { event: 'offer'; offer: number }
  | { event: 'received'; offer: number }
  | { event: 'started'; offer: number; at: string }
  | { event: 'ended'; end: End; offer?: number }
  | { event: 'stop'; stop: Stop };

/** In which states an event can change something. */
const possibleIn = {
  offer: ['waiting'],
  received: ['offered'],
  started: ['offered', 'received', 'stopping'],
  ended: ['waiting', 'offered', 'received', 'running', 'stopping'],
  stop: ['waiting', 'offered', 'received', 'running', 'stopping'],
} as const satisfies Record<Event['event'], readonly ExecutionState['is'][]>;

/**
 * The state after the event, or undefined if it changes nothing (a repeat, or too late): an execution that has
 * ended never changes.
 */
export function transition(state: ExecutionState, event: Event): ExecutionState | undefined {
  switch (event.event) {
    case 'offer':
      return isIn(state, possibleIn.offer) ? { is: 'offered', offer: event.offer } : undefined;
    case 'received':
      return isIn(state, possibleIn.received) ? { is: 'received', offer: state.offer } : undefined;
    case 'started':
      return isIn(state, possibleIn.started) ? started(state, event.at) : undefined;
    case 'ended':
      return isIn(state, possibleIn.ended) ? ended(state, event.end, event.offer) : undefined;
    case 'stop':
      return isIn(state, possibleIn.stop) ? stopped(state, event.stop) : undefined;
  }
}

/** Whether a stop that a person asks for (one that kills) would still change something. */
export function mayStop(state: ExecutionState): boolean {
  return isIn(state, possibleIn.stop) && !isBeingKilled(state);
}

type In<K extends ExecutionState['is']> = Extract<ExecutionState, { is: K }>;

function isIn<K extends ExecutionState['is']>(state: ExecutionState, kinds: readonly K[]): state is In<K> {
  return kinds.some((kind) => kind === state.is);
}

function isBeingKilled(state: ExecutionState): boolean {
  return state.is === 'stopping' && state.stop.ifStarted === 'kill';
}

function started(
  state: In<(typeof possibleIn.started)[number]>,
  startedAt: string,
): ExecutionState | undefined {
  const running: ExecutionState = { is: 'running', offer: state.offer, startedAt };
  if (state.is !== 'stopping') return running;
  if (state.startedAt !== undefined) return undefined;
  // Too late to withdraw what was only to be left alone.
  return state.stop.ifStarted === 'leave' ? running : { ...state, startedAt };
}

function ended(
  state: In<(typeof possibleIn.ended)[number]>,
  end: End,
  reportedOffer: number | undefined,
): ExecutionState {
  const offer = state.is === 'waiting' ? reportedOffer : state.offer;
  const startedAt = state.is === 'running' || state.is === 'stopping' ? state.startedAt : undefined;
  return {
    is: 'ended',
    ...(offer === undefined ? {} : { offer }),
    // The end says itself when it started; what was heard before fills in where it does not know.
    end: startedAt === undefined ? end : { startedAt, ...end },
    ...(state.is === 'stopping' ? { stop: state.stop } : {}),
  };
}

function stopped(state: In<(typeof possibleIn.stop)[number]>, stop: Stop): ExecutionState | undefined {
  switch (state.is) {
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
