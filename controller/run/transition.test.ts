import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { End } from '../../schemas/generated/wire.ts';
import { offered, waiting } from '../../test/support/run.ts';
import type { ExecutionState, Stop } from './execution.ts';
import { type Event, mayStop, transition } from './transition.ts';

const at = '2026-12-01T08:00:00.000Z';
const startedAt = '2026-12-01T07:00:00.000Z';
const leave: Stop = { by: 'groundcrew', reason: 'superseded', at, ifStarted: 'leave' };
const kill: Stop = { by: 'ann', reason: 'wrong fleet', at, ifStarted: 'kill' };
const success: End = { phase: 'Success', at, exitCode: 0, outputBytes: 12 };

const lateStop: Stop = {
  by: 'controller',
  reason: 'not delivered in time',
  at,
  ifStarted: 'leave',
  overdue: true,
};
const tick = '2026-12-01T09:00:00.000Z';

const states = {
  scheduled: { is: 'scheduled', for: { is: 'tick', at: tick } },
  waiting: waiting,
  offered: offered(7),
  received: { is: 'received', offer: 7 },
  running: { is: 'running', offer: 7, startedAt },
  leaving: { is: 'stopping', offer: 7, stop: leave },
  late: { is: 'stopping', offer: 7, stop: lateStop },
  killing: { is: 'stopping', offer: 7, stop: kill },
  'killing, started': { is: 'stopping', offer: 7, startedAt, stop: kill },
  ended: { is: 'ended', offer: 7, end: success },
  'ended, unoffered': { is: 'ended', end: success },
} as const satisfies Record<string, ExecutionState>;

const events = {
  due: { event: 'due', deliverBefore: tick },
  offer: { event: 'offer', offer: 8 },
  received: { event: 'received', offer: 8 },
  started: { event: 'started', offer: 8, at: startedAt },
  ended: { event: 'ended', offer: 8, end: success },
  overdue: { event: 'overdue', at },
  leave: { event: 'stop', stop: leave },
  kill: { event: 'stop', stop: kill },
} as const satisfies Record<string, Event>;

const ended = { is: 'ended', offer: 7, end: success };
const endedStarted = { is: 'ended', offer: 7, end: { ...success, startedAt } };
const aborted = {
  is: 'ended',
  end: {
    phase: 'Aborted',
    at,
    errorCode: 'DeliveryTimeout',
    message: 'The instance did not come for it within its deliveryTimeout; it never started.',
    outputBytes: 0,
  },
};
const cancelled = (stop: Stop) => ({
  is: 'ended',
  end: { phase: 'Cancelled', at, outputBytes: 0, message: stop.reason },
  stop,
});

/** What the diagram in execution.ts says, written out; what is not named changes nothing. */
const table: Record<keyof typeof states, Partial<Record<keyof typeof events, object>>> = {
  scheduled: {
    due: { is: 'waiting', deliverBefore: tick },
    // By an agent that knows it from a memory that this store lost.
    offer: { is: 'offered', offer: 8, deliverBefore: '' },
    ended: { is: 'ended', offer: 8, end: success },
    leave: cancelled(leave),
    kill: cancelled(kill),
  },
  waiting: {
    offer: offered(8),
    ended: { is: 'ended', offer: 8, end: success },
    overdue: aborted,
    leave: cancelled(leave),
    kill: cancelled(kill),
  },
  offered: {
    received: states.received,
    started: states.running,
    ended,
    overdue: states.late,
    leave: states.leaving,
    kill: states.killing,
  },
  received: { started: states.running, ended, leave: states.leaving, kill: states.killing },
  running: { ended: endedStarted, kill: states['killing, started'] },
  leaving: { started: states.running, ended: { ...ended, stop: leave }, kill: states.killing },
  late: { started: states.running, ended: { ...ended, stop: lateStop }, kill: states.killing },
  killing: { started: states['killing, started'], ended: { ...ended, stop: kill } },
  'killing, started': { ended: { ...endedStarted, stop: kill } },
  ended: {},
  'ended, unoffered': {},
};

const cases = Object.entries(states).flatMap(([from, state]) =>
  Object.entries(events).map(([name, event]) => ({
    from,
    name,
    state,
    event,
    // The table has a row for each state.
    expected: Object.entries(Object.entries(table).find(([row]) => row === from)?.[1] ?? {}).find(
      ([column]) => column === name,
    )?.[1],
  })),
);

describe('an execution', () => {
  it.each(cases)('that is $from meets $name as the diagram says', ({ state, event, expected }) => {
    expect(transition(state, event)).toEqual(expected);
  });

  it('that was stopped says who did it, and why, unless its agent says more', () => {
    const end: End = { phase: 'Terminated', at, outputBytes: 0 };
    const message = 'Stopped by ann: wrong fleet';
    expect(transition(states.killing, { event: 'ended', end })).toMatchObject({ end: { ...end, message } });
    const said = { ...end, message: 'It was gone already.' };
    expect(transition(states.killing, { event: 'ended', end: said })).toMatchObject({ end: said });
  });

  it('that was to be left alone because it was late ends as Aborted if it had not started', () => {
    const end: End = { phase: 'Cancelled', at, outputBytes: 0 };
    expect(transition(states.late, { event: 'ended', end })).toEqual({ ...aborted, offer: 7 });
  });

  it('that ends unoffered and unasked, by a claim without an offer, has no offer', () => {
    const end = transition(waiting, { event: 'ended', end: success });
    expect(end).toEqual({ is: 'ended', end: success });
    expect(Object.keys(end ?? {})).toEqual(['is', 'end']);
  });

  it('started when its end says so, whatever was heard before', () => {
    const end: End = { ...success, startedAt: at };
    expect(transition(states.running, { event: 'ended', end })).toEqual({ is: 'ended', offer: 7, end });
  });

  it.each(Object.entries(states))('that is %s may be stopped exactly if a kill changes it', (_, state) => {
    expect(mayStop(state)).toBe(transition(state, events.kill) !== undefined);
  });

  it('ends at most once, whatever happens in whatever order, and never changes after that', () => {
    const event = fc.constantFrom<Event>(
      ...Object.values(events),
      { event: 'ended', offer: 7, end: { phase: 'Unknown', at, outputBytes: 0 } },
      { event: 'ended', end: { phase: 'Terminated', at, outputBytes: 3, startedAt } },
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30, size: 'max' }), (sequence) => {
        let state: ExecutionState = states.scheduled;
        let ends = 0;
        for (const each of sequence) {
          const next = transition(state, each);
          if (next === undefined) continue;
          expect(state.is).not.toBe('ended');
          expect(next).not.toEqual(state);
          if (next.is === 'ended') ends += 1;
          state = next;
        }
        expect(ends).toBeLessThanOrEqual(1);
        const isOver = sequence.some(({ event }) => event === 'ended');
        if (isOver) expect(ends).toBe(1);
      }),
    );
  });

  it('keeps the number of its first offer, and a kill once it is asked for', () => {
    const event = fc.constantFrom<Event>(...Object.values(events));
    const forgets = (before: ExecutionState, after: ExecutionState): boolean =>
      ('offer' in before && (!('offer' in after) || after.offer !== before.offer)) ||
      ('stop' in before && before.stop?.ifStarted === 'kill' && !('stop' in after)) ||
      ('startedAt' in before && !JSON.stringify(after).includes(startedAt));
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30, size: 'max' }), (sequence) => {
        let state: ExecutionState = waiting;
        for (const each of sequence) {
          const next: ExecutionState = transition(state, each) ?? state;
          expect(forgets(state, next)).toBe(false);
          state = next;
        }
      }),
    );
  });
});
