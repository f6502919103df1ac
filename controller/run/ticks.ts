// The ticks of a run with a schedule.
import type { Repeat } from '../manifest/catalog.ts';
import { nextTick } from '../manifest/schedule/next-tick.ts';
import { readSchedule } from '../manifest/schedule/read-schedule.ts';
import { anyInterval, inZone, type KnownZone, type Schedule } from '../manifest/schedule/schedule.ts';
import { isZone, utc } from '../manifest/schedule/zone.ts';
import type { Run } from './run.ts';

export type Period = Extract<Repeat, { mode: 'Period' }>;
/** A run with a schedule; the grid of a rate begins where it was accepted. */
export type Scheduled = Pick<Run, 'acceptedAt'> & { repeat: Period };

/** The first tick after this time; undefined when the schedule has ended. Times are ISO; `zone` is what Local means. */
export function tickAfter(
  { acceptedAt, repeat }: Scheduled,
  after: string,
  zone?: string,
): string | undefined {
  const schedule = scheduleOf(repeat.frequency, acceptedAt);
  const tick = schedule && nextTick(inZone(schedule, zoneOf(zone)), Date.parse(after));
  if (tick === undefined) return undefined;
  const at = new Date(tick).toISOString();
  return repeat.until !== undefined && at > repeat.until ? undefined : at;
}

/** The zone that the schedule's ticks depend on: the instance's, where it is in Local time. */
export function zoneFor({ acceptedAt, repeat }: Scheduled, timezone: string | undefined): string | undefined {
  const schedule = scheduleOf(repeat.frequency, acceptedAt);
  if (schedule === undefined || schedule.form === 'rate' || schedule.zone.is !== 'local') return undefined;
  return timezone;
}

/**
 * The ticks from `first` up to `now`: how many there are (at most so many are counted), the last one, and the one
 * before it (`first`, if there is only that).
 */
export function ticksThrough(
  run: Scheduled,
  first: string,
  now: string,
  zone?: string,
): { count: number; beforeLast: string; last: string } {
  let found = { count: 1, beforeLast: first, last: first };
  for (;;) {
    const tick = tickAfter(run, found.last, zone);
    if (tick === undefined || tick > now) return found;
    found = { count: found.count + 1, beforeLast: found.last, last: tick };
    if (found.count === mostCounted) break;
  }
  return { ...found, ...lastTicks(run, found, now, zone) };
}

/** Beyond it nobody wants to know how many there were. */
export const mostCounted = 1000;

/** The last two ticks up to `now`, looked for from there backwards: a controller may have been away for years. */
function lastTicks(
  run: Scheduled,
  known: { beforeLast: string; last: string },
  now: string,
  zone?: string,
): { beforeLast: string; last: string } {
  const end = Date.parse(now);
  let from = known;
  for (let back = 60_000; end - back > Date.parse(known.last); back *= 2) {
    const begin = new Date(end - back).toISOString();
    const first = tickAfter(run, begin, zone);
    const second = first === undefined ? undefined : tickAfter(run, first, zone);
    if (first === undefined || second === undefined || second > now) continue;
    from = { beforeLast: first, last: second };
    break;
  }
  for (;;) {
    const tick = tickAfter(run, from.last, zone);
    if (tick === undefined || tick > now) return from;
    from = { beforeLast: from.last, last: tick };
  }
}

/** The controller has checked the expression. One that a later version does not understand any more never ticks. */
function scheduleOf(frequency: string, acceptedAt: string): Schedule | undefined {
  const key = `${acceptedAt} ${frequency}`;
  const known = schedules.get(key);
  if (known !== undefined || schedules.has(key)) return known;
  const start = { file: '', line: 1, column: 1 };
  const anchor = Date.parse(acceptedAt);
  const { schedule } = readSchedule(frequency, { start, now: 0, anchor, limits: anyInterval });
  if (schedules.size >= 10_000) schedules.clear();
  schedules.set(key, schedule);
  return schedule;
}

const schedules = new Map<string, Schedule | undefined>();

/** An agent may say anything of its zone. */
function zoneOf(name: string | undefined): KnownZone {
  return name !== undefined && isZone(name) ? { is: 'iana', name } : utc;
}
