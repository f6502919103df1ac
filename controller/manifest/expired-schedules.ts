import { type Problem, problem } from '../../schemas/problem.ts';
import type { CatalogInvocation } from './catalog.ts';
import { nextTick } from './schedule/next-tick.ts';
import { readSchedule } from './schedule/read-schedule.ts';
import { anyInterval, inZone } from './schedule/schedule.ts';

/**
 * A warning for each schedule without a tick after `now` (milliseconds). Only whoever writes a manifest wants to hear
 * it: one whose ticks have all been is right, and the record of what it ran.
 */
export function expiredSchedules(invocations: Iterable<CatalogInvocation>, now: number): Problem[] {
  return [...invocations].flatMap((each) => expiry(each, now) ?? []);
}

function expiry({ repeat, frequencyPlace, untilPlace }: CatalogInvocation, now: number): Problem | undefined {
  if (repeat.mode !== 'Period' || frequencyPlace === undefined) return undefined;
  const { frequency, until } = repeat;
  const circumstances = { start: frequencyPlace, now, limits: anyInterval };
  const { schedule, problems } = readSchedule(frequency, circumstances);
  if (schedule === undefined) {
    const { message, finding } = problems[0] ?? { message: 'no tick is left' };
    return problem('ScheduleExpired', frequencyPlace, finding ?? message);
  }
  if (until === undefined || untilPlace === undefined) return undefined;
  // Where the day ends last: what has passed there has passed everywhere.
  const next = nextTick(inZone(schedule, { is: 'offset', minutes: -(12 * 60 + 59) }), now);
  if (next !== undefined && next <= Date.parse(until)) return undefined;
  const finding = {
    what: 'no tick is left until then',
    found: until,
    legal: `a time after ${iso(next ?? now)}`,
  };
  return problem('ScheduleExpired', untilPlace, finding);
}

function iso(instant: number): string {
  return new Date(instant).toISOString().replace('.000Z', 'Z');
}
