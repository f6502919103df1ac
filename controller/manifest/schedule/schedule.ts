// What an expression becomes: plain data, without a clock. readSchedule makes it, nextTick reads it.
//
//   rate(5m)               ─▶ RateSchedule   a grid of instants, anchored at one
//   at(2026-12-01 …)       ─▶ AtSchedule     one local time in a zone
//   0 0 9 ? * MON-FRI …    ─▶ CronSchedule   a set of local times in a zone
//
// All times are in milliseconds. An instant counts from 1970-01-01T00:00:00Z; a local time is what a clock on the
// wall shows, counted as if the wall were in UTC.

export type Schedule<Z extends Zone = Zone> = RateSchedule | AtSchedule<Z> | CronSchedule<Z>;

/** Ticks at anchor + every, anchor + 2 × every, …; never at the anchor itself. */
interface RateSchedule {
  form: 'rate';
  every: number;
  anchor: number;
}

interface AtSchedule<Z extends Zone = Zone> {
  form: 'at';
  local: number;
  zone: Z;
}

export interface CronSchedule<Z extends Zone = Zone> {
  form: 'cron';
  /** Seconds, minutes and hours, as cron-parser takes them. */
  time: string;
  months: readonly number[];
  /** A day fits if one of these says so; with none, no day does. */
  days: readonly DayRule[];
  years: readonly number[];
  zone: Z;
}

export type DayRule =
  /** The two day fields as cron-parser takes them; at most one of them is not `*`. */
  | { is: 'fields'; dayOfMonth: string; dayOfWeek: string }
  /** The day from Monday to Friday that is nearest to this day of the same month, or the month's last one. */
  | { is: 'workday'; near: number | 'last' };

export type KnownZone = { is: 'offset'; minutes: number } | { is: 'iana'; name: string };
/** `local` is the zone of each instance; a schedule of it has ticks only when inZone has said which. */
export type Zone = KnownZone | { is: 'local' };

/** Shortest and longest intervals, in milliseconds. A caller raises the shortest ones to a command's timeout. */
export interface ScheduleLimits {
  rate: { shortest: number; longest: number };
  cron: { shortest: number };
}

export const usualIntervals: ScheduleLimits = {
  rate: { shortest: 60_000, longest: 7 * 86_400_000 },
  cron: { shortest: 10_000 },
};

/** For a schedule that has been accepted: what bounded it then is no longer asked. */
export const anyInterval: ScheduleLimits = {
  rate: { shortest: 1, longest: Number.POSITIVE_INFINITY },
  cron: { shortest: 0 },
};

/** Years that a schedule may name. After the last one nothing ticks. */
export const firstYear = 1970;
export const lastYear = 2099;

/** The same schedule where `Local` is this zone. */
export function inZone(schedule: Schedule, local: KnownZone): Schedule<KnownZone> {
  if (schedule.form === 'rate') return schedule;
  return { ...schedule, zone: schedule.zone.is === 'local' ? local : schedule.zone };
}
