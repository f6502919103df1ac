import { didYouMean } from '../../../schemas/nearest.ts';
import { type Fault, type Part, split } from './part.ts';
import { firstYear, lastYear } from './schedule.ts';

/** A field of numbers. `all` is in ascending order. */
export interface Field {
  name: string;
  least: number;
  most: number;
  all: readonly number[];
  /** Other words for its numbers, in lower case; only the first three letters may be written as well. */
  names?: readonly string[];
  /** The number of the first name. */
  firstNamed?: number;
}

export const seconds = field('second', 0, 59);
export const minutes = field('minute', 0, 59);
export const hours = field('hour', 0, 23);
export const dates = field('day of the month', 1, 31);
export const months: Field = {
  ...field('month', 1, 12),
  names: 'january february march april may june july august september october november december'.split(' '),
  firstNamed: 1,
};
/** 1 is Monday; 0 and 7 are Sunday. */
export const weekdays: Field = {
  ...field('day of the week', 0, 7),
  names: 'sunday monday tuesday wednesday thursday friday saturday'.split(' '),
  firstNamed: 0,
};
export const years = field('year', firstYear, lastYear);

/** Lists, ranges and steps of a field → its numbers in ascending order, or everything that is wrong with it. */
export function readNumbers(field: Field, part: Part): number[] | { faults: Fault[] } {
  if (part.text === '*') return [...field.all];
  const numbers = new Set<number>();
  const faults: Fault[] = [];
  for (const item of split(part, ',')) {
    const read = readItem(field, item);
    if ('code' in read) faults.push(read);
    else for (const each of read) numbers.add(each);
  }
  return faults.length > 0 ? { faults } : [...numbers].sort((a, b) => a - b);
}

// 5, 1-5, */10, 5/10 or 1-30/10
function readItem(field: Field, item: Part): number[] | Fault {
  const [base = item, step, ...more] = split(item, '/');
  if (more.length > 0) return bad(field, item, 'only one / may stand in an item', 'FIRST-LAST/STEP');
  if (base.text === '*' && step === undefined)
    return bad(
      field,
      item,
      '* stands alone or before a /',
      undefined,
      `Write */${field.most > 30 ? 10 : 2}, or * alone.`,
    );
  const every = step === undefined ? 1 : readStep(field, step);
  if (typeof every !== 'number') return every;
  if (base.text === '*') return steps(field.all, every);
  const range = readRange(field, base);
  if ('code' in range) return range;
  const [first, last] = range;
  const end = last ?? (step === undefined ? first : field.most);
  return steps(
    Array.from({ length: end - first + 1 }, (_, index) => first + index),
    every,
  );
}

function readRange(field: Field, part: Part): [number, number | undefined] | Fault {
  const [from = part, to, ...more] = split(part, '-');
  if (more.length > 0) return bad(field, part, 'a range has two ends', 'FIRST-LAST');
  const first = readNumber(field, from);
  if (typeof first !== 'number') return first;
  if (to === undefined) return [first, undefined];
  const last = readNumber(field, to);
  if (typeof last !== 'number') return last;
  if (field === weekdays) return weekRange(field, part, first, last);
  return first <= last ? [first, last] : backward(field, part);
}

/** Sunday begins the week where it begins a range, and ends it where it ends one. */
function weekRange(field: Field, part: Part, first: number, last: number): [number, number] | Fault {
  if (first % 7 === 0 && last % 7 === 0) return [0, first < last ? 7 : 0];
  const start = first % 7;
  const end = last === 0 ? 7 : last;
  return start <= end ? [start, end] : backward(field, part);
}

function backward(field: Field, part: Part): Fault {
  return bad(
    field,
    part,
    'the range runs backward',
    undefined,
    'Write it as two ranges with a comma between.',
  );
}

function readStep(field: Field, part: Part): number | Fault {
  const most = field === weekdays ? 7 : field === years ? field.most - field.least : field.most;
  const isStep = /^\d+$/.test(part.text) && !part.text.startsWith('00');
  const step = Number(part.text);
  return isStep && step >= 1 && step <= most ? step : bad(field, part, 'this is no step', `1 to ${most}`);
}

/** One number or name of a field. */
export function readNumber(field: Field, part: Part): number | Fault {
  const { text } = part;
  if (/^\d+$/.test(text)) {
    if (/^00\d/.test(text)) return bad(field, part, 'a number has one leading zero at most', legal(field));
    const value = Number(text);
    return value >= field.least && value <= field.most
      ? value
      : bad(field, part, `there is no such ${field.name}`, legal(field));
  }
  const { names = [], firstNamed = 0 } = field;
  const word = text.toLowerCase();
  const named = names.findIndex((name) => word === name || (word.length === 3 && name.startsWith(word)));
  if (named >= 0) return named + firstNamed;
  const what = text === '?' ? `? may not stand for a ${field.name}` : `this is no ${field.name}`;
  const hint = /^[a-z]+$/i.test(text) ? didYouMean(text, short(names)) : undefined;
  return bad(field, part, what, legal(field), hint);
}

export function bad(field: Field, part: Part, what: string, legal?: string, hint?: string): Fault {
  const found = part.text === '' ? 'nothing' : JSON.stringify(part.text.slice(0, 40));
  return {
    code: 'BadCronExpression',
    part,
    finding: { what: `${field.name}: ${what}`, found, legal },
    hint,
  };
}

function legal({ least, most, names = [] }: Field): string {
  const range = `${least} to ${most}`;
  return names.length === 0 ? range : `${range}, ${short(names).join(', ')}`;
}

function short(names: readonly string[]): string[] {
  return names.map((name) => name.slice(0, 3).toUpperCase());
}

function steps(numbers: readonly number[], every: number): number[] {
  return numbers.filter((_, index) => index % every === 0);
}

function field(name: string, least: number, most: number): Field {
  return { name, least, most, all: Array.from({ length: most - least + 1 }, (_, index) => least + index) };
}
