import { type Fault, type Part, type Reading, readAlong, slice } from './part.ts';
import { firstYear, lastYear } from './schedule.ts';
import { readZone, utc } from './zone.ts';

/** Whether an expression means to be one instant. */
export function isAt(expression: string): boolean {
  return /^\s*at\b/i.test(expression);
}

/** `at(yyyy-MM-dd HH:mm:ss [zone])`; without a zone it is UTC. */
export function readAt(whole: Part): Reading {
  const read = readAlong(whole, [
    /at\s*\(/iy,
    /\d{4}/y,
    /-\d\d/y,
    /-\d\d/y,
    /\s+\d\d/y,
    /:\d\d/y,
    /:\d\d/y,
    /(?:\s+[^\s)]+)?/y,
    /\)$/y,
  ]);
  if ('failed' in read) return { faults: [fault(read.rest, expected[read.failed] ?? '')] };
  const [
    ,
    year = whole,
    month = whole,
    day = whole,
    hour = whole,
    minute = whole,
    second = whole,
    rest = whole,
  ] = read.matched.map(bare);
  const days = new Date(Date.UTC(Number(year.text), Number(month.text), 0)).getUTCDate();
  const faults = [
    outside(year, firstYear, lastYear),
    outside(month, 1, 12),
    outside(day, 1, Number(month.text) >= 1 && Number(month.text) <= 12 ? days : 31),
    outside(hour, 0, 23),
    outside(minute, 0, 59),
    outside(second, 0, 59),
  ].filter((each) => each !== undefined);
  const zone = rest.text === '' ? utc : readZone(rest);
  if ('code' in zone) faults.push(zone);
  if ('code' in zone || faults.length > 0) return { faults };
  const [y = 0, mo = 0, d = 0, h = 0, m = 0, s = 0] = [year, month, day, hour, minute, second].map(
    ({ text }) => Number(text),
  );
  return { schedule: { form: 'at', local: Date.UTC(y, mo - 1, d, h, m, s), zone }, faults };
}

/** What is expected where a pattern does not fit. */
const expected = [
  'at(',
  'a year of four digits',
  '- and a month of two digits',
  '- and a day of two digits',
  'a blank and an hour of two digits',
  ': and a minute of two digits',
  ': and a second of two digits',
  'a blank and a time zone',
  ') and nothing after it',
];

/** Without what separates it from the part before. */
function bare(part: Part): Part {
  return slice(part, /^[\s:-]*/.exec(part.text)?.[0].length ?? 0);
}

function outside(part: Part, least: number, most: number): Fault | undefined {
  const value = Number(part.text);
  return value < least || value > most
    ? fault(part, `${least} to ${most}`, 'there is no such time')
    : undefined;
}

function fault(part: Part, legal: string, what = 'this is no time'): Fault {
  const found = part.text === '' ? 'nothing' : JSON.stringify(part.text.slice(0, 40));
  return { code: 'InvalidAtExpression', part, finding: { what, found, legal } };
}
