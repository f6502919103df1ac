// The two day fields → rules about the day. A field that says nothing (* or ?) has none.
import { bad, dates, type Field, readNumber, readNumbers, weekdays } from './cron-numbers.ts';
import { type Fault, type Part, slice, split } from './part.ts';
import type { DayRule } from './schedule.ts';

/** Numbers, and `L` (the last day), `LW` (the last working day), `15W` (the working day nearest to the 15th). */
export function dayOfMonthRules(part: Part): DayRule[] | { faults: Fault[] } {
  if (isFree(part)) return [];
  if (/^lw$/i.test(part.text)) return [{ is: 'workday', near: 'last' }];
  if (/^l$/i.test(part.text)) return [onDate('L')];
  return rulesOf(dates, part, dayOfMonthRule, onDate);
}

/** Numbers and names, and `L` (Sunday), `5L` (the last Friday of the month), `4#2` (its second Thursday). */
export function dayOfWeekRules(part: Part): DayRule[] | { faults: Fault[] } {
  if (isFree(part)) return [];
  if (/^l$/i.test(part.text)) return [onWeekday('0')];
  if (/^[^,/#-]+l$/i.test(part.text)) {
    const day = readNumber(weekdays, slice(part, 0, part.text.length - 1));
    return typeof day === 'number' ? [onWeekday(`${day % 7}L`)] : { faults: [day] };
  }
  return rulesOf(weekdays, part, dayOfWeekRule, onWeekday);
}

function isFree({ text }: Part): boolean {
  return text === '*' || text === '?';
}

/** The items of a field: what is a rule by itself, and all the plain numbers together in one. */
function rulesOf(
  field: Field,
  part: Part,
  ruleOf: (item: Part) => DayRule | Fault | undefined,
  onNumbers: (list: string) => DayRule,
): DayRule[] | { faults: Fault[] } {
  const rules = new Map<string, DayRule>();
  const faults: Fault[] = [];
  const numbers = new Set<number>();
  for (const item of split(part, ',')) {
    const rule = isFree(item) ? bad(field, item, `${item.text} stands alone`) : ruleOf(item);
    const found = rule ?? readNumbers(field, item);
    if (Array.isArray(found)) for (const each of found) numbers.add(field === weekdays ? each % 7 : each);
    else if ('is' in found) rules.set(JSON.stringify(found), found);
    else faults.push(...('faults' in found ? found.faults : [found]));
  }
  if (faults.length > 0) return { faults };
  const list = [...numbers].sort((a, b) => a - b).join(',');
  return [...rules.values(), ...(list === '' ? [] : [onNumbers(list)])];
}

function dayOfMonthRule(item: Part): DayRule | Fault | undefined {
  const { text } = item;
  if (/^\d+w$/i.test(text)) {
    const near = readNumber(dates, slice(item, 0, text.length - 1));
    return typeof near === 'number' ? { is: 'workday', near } : near;
  }
  if (/l/i.test(text)) return bad(dates, item, 'L and LW stand alone', '1 to 31, 15W; or L, or LW');
  return /w/i.test(text) ? bad(dates, item, 'W follows one day', '1 to 31, 15W; or L, or LW') : undefined;
}

function dayOfWeekRule(item: Part): DayRule | Fault | undefined {
  const { text } = item;
  const [dayPart = item, nth, ...more] = split(item, '#');
  if (nth !== undefined) {
    const day = readNumber(weekdays, dayPart);
    if (typeof day !== 'number') return day;
    const isWeek = /^[1-5]$/.test(nth.text) && more.length === 0;
    return isWeek
      ? onWeekday(`${day % 7}#${nth.text}`)
      : bad(weekdays, nth, 'this is no week of a month', '1 to 5');
  }
  return /l$/i.test(text) ? bad(weekdays, item, 'L and 5L stand alone') : undefined;
}

function onDate(dayOfMonth: string): DayRule {
  return { is: 'fields', dayOfMonth, dayOfWeek: '*' };
}

function onWeekday(dayOfWeek: string): DayRule {
  return { is: 'fields', dayOfMonth: '*', dayOfWeek };
}
