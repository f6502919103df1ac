import { expect, test } from 'vitest';
import { type FlushTimer, flushTimer } from './flush-timer.ts';

/** A clock that is turned by hand, and when it made the timer flush. */
function clockwork(fails = false): {
  timer: FlushTimer;
  flushes: number[];
  turnTo(time: number): void;
  waiting(): number;
} {
  let time = 0;
  const alarms = new Map<() => void, number>();
  const flushes: number[] = [];
  const timer: FlushTimer = flushTimer({
    times: { quiet: 2, atMost: 10, retryFirst: 5, retryMost: 40 },
    now: () => time,
    random: () => 1,
    schedule(callback, milliseconds) {
      alarms.set(callback, time + milliseconds);
      return () => alarms.delete(callback);
    },
    flush() {
      flushes.push(time);
      timer.began();
      timer.ended(!fails);
    },
  });
  return {
    timer,
    flushes,
    waiting: () => alarms.size,
    turnTo(end) {
      for (; time < end; time += 1) {
        for (const [callback, at] of alarms) {
          if (at > time || !alarms.delete(callback)) continue;
          callback();
        }
      }
    },
  };
}

test('one change is flushed after two seconds of quiet, and nothing is flushed without a change', () => {
  const { timer, flushes, turnTo, waiting } = clockwork();
  turnTo(5);
  expect(flushes).toEqual([]);
  timer.changed();
  turnTo(50);
  expect(flushes).toEqual([7]);
  expect(waiting()).toBe(0);
});

test('changes that do not stop are flushed ten seconds after the first', () => {
  const { timer, flushes, turnTo } = clockwork();
  for (let time = 0; time < 26; time += 1) {
    turnTo(time);
    timer.changed();
  }
  expect(flushes).toEqual([10, 21]);
});

test('a failure is tried again, each time after twice as long, up to the most', () => {
  const { timer, flushes, turnTo } = clockwork(true);
  timer.changed();
  turnTo(140);
  expect(flushes).toEqual([2, 7, 17, 37, 77, 117]);
});

test('changes do not hurry what is being tried again', () => {
  const { timer, flushes, turnTo } = clockwork(true);
  timer.changed();
  turnTo(4);
  timer.changed();
  turnTo(20);
  expect(flushes).toEqual([2, 7, 17]);
});

test('a timer that was stopped flushes no more', () => {
  const { timer, flushes, turnTo, waiting } = clockwork();
  timer.changed();
  timer.stop();
  timer.changed();
  turnTo(50);
  expect(flushes).toEqual([]);
  expect(waiting()).toBe(0);
});
