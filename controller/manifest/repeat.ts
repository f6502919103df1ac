import type { InvocationSpec } from '../../schemas/generated/invocation.ts';
import { hasErrors, type Place, type Problem, problem } from '../../schemas/problem.ts';
import { quote } from '../../schemas/schema-findings.ts';
import type { CatalogInvocation, Repeat } from './catalog.ts';
import { type Places, secondsAt } from './command-spec.ts';
import { nextTick } from './schedule/next-tick.ts';
import { readSchedule } from './schedule/read-schedule.ts';
import { anyInterval, inZone, type ScheduleLimits } from './schedule/schedule.ts';

const usualStartingDeadlineSeconds = 3600;

/** Fields that say something about ticks, and nothing where there are none. */
const scheduleFields = ['frequency', 'until', 'startingDeadline', 'concurrencyPolicy'] as const;

/** A schedule is read as of then: one whose ticks have all passed is right, and runs nothing. */
const always = 0;

/** When it runs, from the fields of a spec that the schema has found nothing against. */
export function parseRepeat(
  spec: InvocationSpec,
  { inside, locate }: Places,
  limits: ScheduleLimits,
  problems: Problem[],
): { repeat: Repeat; frequencyPlace?: Place; untilPlace?: Place } {
  const { until, startingDeadline, concurrencyPolicy } = spec;
  // A block of text ends with a line break.
  const frequency = spec.frequency?.trimEnd();
  const mode = spec.repeatMode ?? (frequency === undefined ? 'Once' : 'Period');
  if (mode !== 'Period') {
    for (const name of scheduleFields) {
      if (spec[name] === undefined) continue;
      const what = `${name} means something only with repeatMode: Period`;
      problems.push(
        problem('ScheduleFieldUnused', locate(['spec', name], 'key'), { what, found: `repeatMode: ${mode}` }),
      );
    }
    return { repeat: { mode } };
  }
  if (frequency === undefined) {
    problems.push(
      problem('MissingFrequency', locate(['spec', 'repeatMode'], 'value'), 'Period has no frequency'),
    );
    return { repeat: { mode: 'Once' } };
  }
  const frequencyPlace = inside(['spec', 'frequency'], frequency);
  problems.push(...faultsOf(frequency, frequencyPlace, limits));
  const untilPlace = until === undefined ? undefined : locate(['spec', 'until'], 'value');
  return {
    repeat: {
      mode,
      frequency,
      ...(until !== undefined && untilPlace && { until: timeOf(until, untilPlace, problems) }),
      startingDeadlineSeconds:
        startingDeadline === undefined
          ? usualStartingDeadlineSeconds
          : secondsAt(startingDeadline, ['spec', 'startingDeadline'], locate, problems),
      concurrency: concurrencyPolicy ?? 'Forbid',
    },
    frequencyPlace,
    ...(untilPlace && { untilPlace }),
  };
}

/** Ticks that follow each other more closely than an execution may last. Known when the command is. */
export function intervalFaults(
  { repeat, frequencyPlace }: CatalogInvocation,
  timeoutSeconds: number,
  { rate, cron }: ScheduleLimits,
): Problem[] {
  if (repeat.mode !== 'Period' || frequencyPlace === undefined) return [];
  const timeout = timeoutSeconds * 1000;
  const limits = {
    rate: { ...rate, shortest: Math.max(rate.shortest, timeout) },
    cron: { shortest: Math.max(cron.shortest, Math.min(timeout, day)) },
  };
  const problems = faultsOf(repeat.frequency, frequencyPlace, limits);
  const isTooClose = !hasErrors(problems) && timeout > day && ticksWithin(repeat.frequency, timeout);
  if (isTooClose) {
    const finding = {
      what: 'ticks follow each other too closely',
      legal: `${timeoutSeconds}s apart or more`,
    };
    problems.push(problem('BadCronExpression', frequencyPlace, finding));
  }
  // Without the timeout there was nothing against it.
  const hint = `An execution may last ${timeoutSeconds}s (its timeout): let ticks be as far apart, or shorten it.`;
  return problems.filter(({ severity }) => severity === 'error').map((each) => ({ ...each, hint }));
}

const day = 86_400_000;
/** A year of days, or more: by then every way in which days follow each other has been. */
const ticksLookedAt = 400;

/** Whether two ticks of a cron expression come within this time. For more than a day: readSchedule looks at one. */
function ticksWithin(frequency: string, milliseconds: number): boolean {
  const { schedule } = readSchedule(frequency, {
    start: { file: '', line: 1, column: 1 },
    now: always,
    limits: anyInterval,
  });
  if (schedule?.form !== 'cron') return false;
  const zoned = inZone(schedule, { is: 'offset', minutes: 0 });
  let before: number | undefined;
  for (let count = 0, tick = nextTick(zoned, always); tick !== undefined && count < ticksLookedAt; count++) {
    if (before !== undefined && tick - before < milliseconds) return true;
    before = tick;
    tick = nextTick(zoned, tick);
  }
  return false;
}

/** At its column; where the text is written otherwise (escaped, folded), the whole of it is shown. */
function faultsOf(frequency: string, start: Place, limits: ScheduleLimits): Problem[] {
  const { problems } = readSchedule(frequency, { start, now: always, limits });
  return start.length === frequency.length ? problems : problems.map((each) => ({ ...each, ...start }));
}

/** ISO, UTC. The pattern of the schema lets through days that no month has. */
function timeOf(text: string, place: Place, problems: Problem[]): string {
  const time = new Date(text);
  const day = Number(text.slice(8, 10));
  const days = new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0)).getUTCDate();
  // Written with an offset it may be a moment of the year 10000, whose text is less than any other.
  if (day <= days && !Number.isNaN(time.getTime()))
    return new Date(Math.min(time.getTime(), Date.UTC(9999, 11, 31, 23, 59, 59))).toISOString();
  problems.push(problem('InvalidTime', place, { what: 'there is no such day', found: quote(text) }));
  return new Date(0).toISOString();
}
