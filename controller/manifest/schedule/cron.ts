import { dayOfMonthRules, dayOfWeekRules } from './cron-days.ts';
import { type Field, hours, minutes, months, readNumbers, seconds, years } from './cron-numbers.ts';
import { type Fault, type Part, type Reading, words } from './part.ts';
import type { DayRule, ScheduleLimits } from './schedule.ts';
import { shortestInterval } from './shortest-interval.ts';
import { readZone, utc } from './zone.ts';

/** Six fields; then, each if it is wanted, a year and a zone. */
export function readCron(whole: Part, limits: ScheduleLimits['cron']): Reading {
  const parts = words(whole);
  const counted = countFault(whole, parts);
  if (counted !== undefined) return { faults: [counted] };
  const [
    second = whole,
    minute = whole,
    hour = whole,
    date = whole,
    month = whole,
    weekday = whole,
    ...more
  ] = parts;
  const [year, zonePart] = more.length === 2 || isYear(more[0]) ? more : [undefined, more[0]];
  const faults: Fault[] = [];
  const numbers = (field: Field, part: Part) => taken(readNumbers(field, part), faults);
  const all = [numbers(seconds, second), numbers(minutes, minute), numbers(hours, hour)] as const;
  const dates = taken(dayOfMonthRules(date), faults);
  const inMonths = numbers(months, month);
  const weekdays = taken(dayOfWeekRules(weekday), faults);
  const inYears = year === undefined ? years.all : numbers(years, year);
  const zone = zonePart === undefined ? utc : taken(readZone(zonePart), faults);
  const [s, m, h] = all;
  if (s && m && h) faults.push(...intervalFaults(second, shortestInterval(s, m, h), limits.shortest));
  if (!(s && m && h && dates && inMonths && weekdays && inYears && zone) || faults.length > 0)
    return { faults };
  const days = [...dates, ...weekdays].filter((rule) => comes(rule, inMonths));
  const time = [fieldText(seconds, s), fieldText(minutes, m), fieldText(hours, h)].join(' ');
  const isFree = dates.length === 0 && weekdays.length === 0;
  return {
    schedule: {
      form: 'cron',
      time,
      months: inMonths,
      days: isFree ? [{ is: 'fields', dayOfMonth: '*', dayOfWeek: '*' }] : days,
      years: inYears,
      zone,
    },
    faults: dates.length > 0 && weekdays.length > 0 ? [bothDays(date, weekday)] : [],
  };
}

function countFault(whole: Part, parts: readonly Part[]): Fault | undefined {
  if (parts.length >= 6 && parts.length <= 8) return undefined;
  const call = /^\s*([a-z]+)\s*\(/i.exec(whole.text);
  const finding = {
    what: 'a cron expression has six fields, and may have a year and a time zone',
    found: `${parts.length} field${parts.length === 1 ? '' : 's'}`,
    legal: 'SECOND MINUTE HOUR DAY MONTH WEEKDAY [YEAR] [ZONE]',
  };
  const hint =
    call !== null
      ? 'Write rate(5m), at(2030-01-31 08:00:00), or a cron expression.'
      : parts.length === 5
        ? `Put a field for the second in front: 0 ${whole.text.trim()}`
        : undefined;
  return { code: 'BadCronExpression', part: parts[8] ?? whole, finding, hint };
}

/** A zone begins with a letter, a year never does. */
function isYear(part: Part | undefined): boolean {
  return part !== undefined && /^[\d*?]/.test(part.text);
}

function taken<T extends object>(read: T | Fault | { faults: Fault[] }, faults: Fault[]): T | undefined {
  if ('faults' in read) faults.push(...read.faults);
  else if ('code' in read) faults.push(read);
  else return read;
  return undefined;
}

function intervalFaults(part: Part, shortest: number, limit: number): Fault[] {
  if (shortest >= limit) return [];
  const finding = {
    what: 'the times follow each other too closely',
    found: `${shortest / 1000}s between two of them`,
    legal: `${limit / 1000}s or more`,
  };
  return [{ code: 'BadCronExpression', part, finding }];
}

/** Whether a day of the month exists in one of these months. */
function comes(rule: DayRule, inMonths: readonly number[]): boolean {
  const day = rule.is === 'workday' ? rule.near : Number.parseInt(rule.dayOfMonth, 10);
  if (typeof day !== 'number' || Number.isNaN(day)) return true;
  return inMonths.some((month) => day <= (month === 2 ? 29 : [4, 6, 9, 11].includes(month) ? 30 : 31));
}

function fieldText({ all }: Field, values: readonly number[]): string {
  return values.length === all.length ? '*' : values.join(',');
}

function bothDays(date: Part, weekday: Part): Fault {
  return {
    code: 'CronDayFieldsBoth',
    part: weekday,
    finding: {
      what: 'a day fits if it fits either of the two day fields',
      found: `${date.text.slice(0, 40)} as day of the month and ${weekday.text.slice(0, 40)} as day of the week`,
    },
  };
}
