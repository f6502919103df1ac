import type { Place, Problem } from '../../../schemas/problem.ts';
import { problem } from '../../../schemas/problem.ts';
import { isAt, readAt } from './at.ts';
import { readCron } from './cron.ts';
import { nextTick } from './next-tick.ts';
import type { Fault, Part } from './part.ts';
import { isRate, readRate } from './rate.ts';
import { inZone, type Schedule, type ScheduleLimits, usualIntervals } from './schedule.ts';

interface Circumstances {
  /** Where the expression begins. It stands on one line, as it is written. */
  start: Place;
  /** A schedule without a tick after this instant has expired. */
  now: number;
  /** The instant that the grid of a rate begins at; `now` if it is not given. */
  anchor?: number;
  limits?: ScheduleLimits;
}

/**
 * An expression → a schedule, or what is wrong with it, each problem at its column. With a schedule there are at most
 * warnings. Source of the rules: docs/schedules.md.
 */
export function readSchedule(
  expression: string,
  { start, now, anchor = now, limits = usualIntervals }: Circumstances,
): { schedule: Schedule | undefined; problems: Problem[] } {
  const whole: Part = { text: expression, offset: 0 };
  const { schedule, faults } = isRate(expression)
    ? readRate(whole, anchor, limits.rate)
    : isAt(expression)
      ? readAt(whole)
      : readCron(whole, limits.cron);
  const problems = faults.map((fault) => problemOf(fault, start));
  const expired = schedule === undefined ? undefined : expiry(schedule, whole, now);
  if (expired === undefined) return { schedule, problems };
  return { schedule: undefined, problems: [problemOf(expired, start), ...problems] };
}

/** `Local` is judged where the day ends last: what has expired there has expired everywhere. */
function expiry(schedule: Schedule, whole: Part, now: number): Fault | undefined {
  if (nextTick(inZone(schedule, { is: 'offset', minutes: -(12 * 60 + 59) }), now) !== undefined)
    return undefined;
  const instant = new Date(now).toISOString().replace('.000Z', 'Z');
  if (schedule.form === 'at') {
    const finding = { what: 'the time has passed', legal: `a time after ${instant}` };
    return { code: 'AtExpressionExpired', part: whole, finding };
  }
  const never = nextTick(inZone(schedule, { is: 'offset', minutes: 0 }), -86_400_000) === undefined;
  const finding = never
    ? { what: 'no day fits the fields', legal: 'a day that comes' }
    : { what: 'no time is left that fits the fields', legal: `a time after ${instant}` };
  return { code: 'CronExpressionExpired', part: whole, finding };
}

function problemOf({ code, part, finding, hint }: Fault, { file, line, column }: Place): Problem {
  const place = { file, line, column: column + part.offset, length: Math.max(1, part.text.length) };
  return problem(code, place, finding, hint);
}
