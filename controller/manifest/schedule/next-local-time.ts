// cron-parser works out local times on a clock that is never turned. What it does not know is done here: years, working
// days (W), and more than one rule about the day.
import { type CronExpression, CronExpressionParser } from 'cron-parser';
import { type CronSchedule, type DayRule, firstYear } from './schedule.ts';

type Fields = Omit<CronSchedule, 'zone'>;

/** The first local time after this one that fits all fields; undefined when there is none up to the end of 2099. */
export function nextLocalTime(fields: Fields, after: number): number | undefined {
  const start = Math.max(Math.floor(after / 1000) * 1000, Date.UTC(firstYear, 0, 1) - 1000);
  for (const [first, last] of runs(fields.years)) {
    // Each search ends with the run, so that a day which comes in other years only is not looked for in vain.
    const from = Math.max(start, Date.UTC(first, 0, 1) - 1000);
    if (from >= Date.UTC(last + 1, 0, 1) - 1000) continue;
    const found = earliest(fields.days.map((rule) => nextFor(rule, fields, from, last)));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Years in ascending order → the first and the last of those that follow each other. */
function runs(years: readonly number[]): [number, number][] {
  const found: [number, number][] = [];
  for (const year of years) {
    const run = found.at(-1);
    if (run?.[1] === year - 1) run[1] = year;
    else found.push([year, year]);
  }
  return found;
}

function nextFor(rule: DayRule, fields: Fields, from: number, last: number): number | undefined {
  if (rule.is === 'workday') return nextWorkday(rule.near, fields, from, last);
  const months = fields.months.length === 12 ? '*' : fields.months.join(',');
  return following(`${fields.time} ${rule.dayOfMonth} ${months} ${rule.dayOfWeek}`, from, last);
}

/** Month by month, because in each the working day is another day. */
function nextWorkday(
  near: number | 'last',
  { time, months }: Fields,
  from: number,
  last: number,
): number | undefined {
  const now = new Date(from);
  for (let each = now.getUTCFullYear() * 12 + now.getUTCMonth(); each <= last * 12 + 11; each++) {
    const [year, month] = [Math.floor(each / 12), each % 12];
    const day = months.includes(month + 1) ? workday(year, month, near) : undefined;
    if (day === undefined) continue;
    const begin = Math.max(from, Date.UTC(year, month, 1) - 1000);
    const found = following(`${time} ${day} ${month + 1} *`, begin, year);
    if (found !== undefined && found < Date.UTC(year, month + 1, 1)) return found;
  }
  return undefined;
}

/** Saturday goes to Friday, Sunday to Monday, and never into another month. A month without the day has none. */
function workday(year: number, month: number, near: number | 'last'): number | undefined {
  const last = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const wanted = near === 'last' ? last : near;
  if (wanted > last) return undefined;
  const weekday = new Date(Date.UTC(year, month, wanted)).getUTCDay();
  if (weekday === 6) return wanted === 1 ? 3 : wanted - 1;
  if (weekday === 0) return wanted === last ? last - 2 : wanted + 1;
  return wanted;
}

/** What cron-parser says comes after this; undefined if nothing does up to the end of the year `last`. */
function following(expression: string, from: number, last: number): number | undefined {
  const compiled = compile(expression, last);
  compiled.reset(new Date(from));
  return compiled.take(1)[0]?.getTime();
}

/** An expression is read once. It is always reset before it is asked, so nobody sees what was asked before. */
function compile(expression: string, last: number): CronExpression {
  const key = `${last} ${expression}`;
  const known = expressions.get(key);
  if (known !== undefined) return known;
  const endDate = Date.UTC(last, 11, 31, 23, 59, 59);
  const made = CronExpressionParser.parse(expression, { tz: 'UTC', currentDate: 0, endDate });
  if (expressions.size >= 1000) expressions.clear();
  expressions.set(key, made);
  return made;
}

const expressions = new Map<string, CronExpression>();

function earliest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((each) => each !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
