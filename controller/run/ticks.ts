// The ticks of a run with a schedule.
import type { Repeat } from '../manifest/catalog.ts';
import { nextTick } from '../manifest/schedule/next-tick.ts';
import { readSchedule } from '../manifest/schedule/read-schedule.ts';
import { inZone, type KnownZone, type Schedule } from '../manifest/schedule/schedule.ts';
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

/** Ticks after `first` up to `now`: how many (at most so many are counted), and the last one. */
export function ticksThrough(
  run: Scheduled,
  first: string,
  now: string,
  zone?: string,
): { count: number; last: string } {
  let count = 1;
  let last = first;
  for (let tick = tickAfter(run, first, zone); tick !== undefined && tick <= now; ) {
    count += 1;
    last = tick;
    if (count >= mostCounted) return { count, last: lastTick(run, last, now, zone) };
    tick = tickAfter(run, tick, zone);
  }
  return { count, last };
}

/** Beyond it nobody wants to know how many there were. */
export const mostCounted = 1000;

/** The last tick up to `now`, looked for from there backwards: a controller may have been away for years. */
function lastTick(run: Scheduled, known: string, now: string, zone?: string): string {
  const end = Date.parse(now);
  for (let back = 60_000; end - back > Date.parse(known); back *= 2) {
    let tick = tickAfter(run, new Date(end - back).toISOString(), zone);
    if (tick === undefined || tick > now) continue;
    for (let last = tick; ; last = tick) {
      tick = tickAfter(run, last, zone);
      if (tick === undefined || tick > now) return last;
    }
  }
  let last = known;
  for (
    let tick = tickAfter(run, last, zone);
    tick !== undefined && tick <= now;
    tick = tickAfter(run, last, zone)
  )
    last = tick;
  return last;
}

/** The controller has checked the expression. One that a later version does not understand any more never ticks. */
function scheduleOf(frequency: string, acceptedAt: string): Schedule | undefined {
  const key = `${acceptedAt} ${frequency}`;
  const known = schedules.get(key);
  if (known !== undefined || schedules.has(key)) return known;
  const start = { file: '', line: 1, column: 1 };
  const { schedule } = readSchedule(frequency, { start, now: 0, anchor: Date.parse(acceptedAt) });
  if (schedules.size >= 10_000) schedules.clear();
  schedules.set(key, schedule);
  return schedule;
}

const schedules = new Map<string, Schedule | undefined>();

function zoneOf(name: string | undefined): KnownZone {
  if (name === undefined) return { is: 'offset', minutes: 0 };
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return { is: 'iana', name };
  } catch {
    // An agent may say anything.
    return { is: 'offset', minutes: 0 };
  }
}
