import type { InvocationSpec } from '../../schemas/generated/invocation.ts';
import { type Place, type Problem, problem } from '../../schemas/problem.ts';
import { quote } from '../../schemas/schema-findings.ts';
import type { CatalogInvocation, Repeat } from './catalog.ts';
import { type Places, secondsAt } from './command-spec.ts';
import { readSchedule } from './schedule/read-schedule.ts';
import { usualLimits } from './schedule/schedule.ts';

const usualStartingDeadlineSeconds = 3600;

/** Fields that say something about ticks, and nothing where there are none. */
const scheduleFields = ['frequency', 'until', 'startingDeadline', 'concurrencyPolicy'] as const;

/** A schedule is read as of then: one whose ticks have all passed is right, and runs nothing. */
const always = 0;

/** When it runs, from the fields of a spec that the schema has found nothing against. */
export function parseRepeat(
  spec: InvocationSpec,
  { inside, locate }: Places,
  problems: Problem[],
): { repeat: Repeat; frequencyPlace?: Place } {
  const { frequency, until, startingDeadline, concurrencyPolicy } = spec;
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
  problems.push(...readSchedule(frequency, { start: frequencyPlace, now: always }).problems);
  return {
    repeat: {
      mode,
      frequency,
      ...(until !== undefined && { until: timeOf(until, locate(['spec', 'until'], 'value'), problems) }),
      startingDeadlineSeconds:
        startingDeadline === undefined
          ? usualStartingDeadlineSeconds
          : secondsAt(startingDeadline, ['spec', 'startingDeadline'], locate, problems),
      concurrency: concurrencyPolicy ?? 'Forbid',
    },
    frequencyPlace,
  };
}

/** Ticks that follow each other more closely than an execution may last. Known when the command is. */
export function intervalFaults(
  { repeat, frequencyPlace }: CatalogInvocation,
  timeoutSeconds: number,
): Problem[] {
  if (repeat.mode !== 'Period' || frequencyPlace === undefined) return [];
  const timeout = timeoutSeconds * 1000;
  const { rate, cron } = usualLimits;
  const limits = {
    rate: { ...rate, shortest: Math.max(rate.shortest, timeout) },
    cron: { shortest: Math.max(cron.shortest, timeout) },
  };
  const { problems } = readSchedule(repeat.frequency, { start: frequencyPlace, now: always, limits });
  return problems.filter(({ severity }) => severity === 'error');
}

/** ISO, UTC. The pattern of the schema lets through days that no month has. */
function timeOf(text: string, place: Place, problems: Problem[]): string {
  const time = new Date(text);
  const day = Number(text.slice(8, 10));
  const days = new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0)).getUTCDate();
  if (day <= days && !Number.isNaN(time.getTime())) return time.toISOString();
  problems.push(problem('InvalidTime', place, { what: 'there is no such day', found: quote(text) }));
  return new Date(0).toISOString();
}
