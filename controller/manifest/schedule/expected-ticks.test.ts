// Ticks that no part of our code computed: expected-ticks.py says how they were made.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { nextTick } from './next-tick.ts';
import { readSchedule } from './read-schedule.ts';
import { inZone } from './schedule.ts';

interface Case {
  expression: string;
  anchor?: string;
  after: string;
  ticks: string[];
  /** Whether nothing comes after these. */
  ends: boolean;
}

const cases: Case[] = JSON.parse(readFileSync(new URL('expected-ticks.json', import.meta.url), 'utf8'));

test('the table has at least 200 instants', () => {
  expect(cases.flatMap(({ ticks }) => ticks).length).toBeGreaterThan(200);
});

test.each(cases)(
  '$expression ticks as expected after $after',
  ({ expression, anchor, after, ticks, ends }) => {
    const now = Date.parse(after);
    const { schedule, problems } = readSchedule(expression, {
      start: { file: 'expression', line: 1, column: 1 },
      now,
      anchor: Date.parse(anchor ?? after),
    });
    expect(problems.filter(({ code }) => code !== 'CronDayFieldsBoth')).toEqual([]);
    const zoned = inZone(schedule!, { is: 'offset', minutes: 0 });
    const found: string[] = [];
    for (let tick = nextTick(zoned, now); tick !== undefined; tick = nextTick(zoned, tick)) {
      found.push(new Date(tick).toISOString().replace('.000Z', 'Z'));
      if (found.length === ticks.length + (ends ? 1 : 0)) break;
    }
    expect(found).toEqual(ticks);
  },
);
