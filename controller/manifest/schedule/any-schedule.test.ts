// What holds for any expression. The expressions are written from a model; what fits is judged by the model, day by
// day, and by the clock that Intl shows, never by the code under test.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nextTick } from './next-tick.ts';
import { readSchedule } from './read-schedule.ts';
import { inZone } from './schedule.ts';

const start = { file: 'expression', line: 1, column: 1 };
const day = 86_400_000;
const utc = { is: 'offset', minutes: 0 } as const;

interface Field {
  text: string;
  fits: (value: number) => boolean;
}

interface DayField {
  text: string;
  /** Undefined where the field says nothing. */
  fits: ((date: Date) => boolean) | undefined;
}

/** Lists of numbers, ranges and steps. */
function numbers(least: number, most: number): fc.Arbitrary<Field> {
  const one = fc.integer({ min: least, max: most });
  const step = fc.integer({ min: 1, max: most });
  const item: fc.Arbitrary<Field> = fc.oneof(
    one.map((value) => ({ text: `${value}`, fits: (each: number) => each === value })),
    fc.tuple(one, one).map(([a, b]) => {
      const [first, last] = a < b ? [a, b] : [b, a];
      return { text: `${first}-${last}`, fits: (each: number) => each >= first && each <= last };
    }),
    fc.tuple(one, step).map(([first, every]) => ({
      text: `${first}/${every}`,
      fits: (each: number) => each >= first && (each - first) % every === 0,
    })),
    step.map((every) => ({ text: `*/${every}`, fits: (each: number) => (each - least) % every === 0 })),
  );
  return fc.oneof(
    fc.constant({ text: '*', fits: () => true }),
    fc.array(item, { minLength: 1, maxLength: 3 }).map((items) => ({
      text: items.map(({ text }) => text).join(','),
      fits: (value: number) => items.some(({ fits }) => fits(value)),
    })),
  );
}

const free: fc.Arbitrary<DayField> = fc.constantFrom('*', '?').map((text) => ({ text, fits: undefined }));

const dayOfMonth: fc.Arbitrary<DayField> = fc.oneof(
  free,
  numbers(1, 31)
    .filter(({ text }) => text !== '*')
    .map(({ text, fits }) => ({ text, fits: (date: Date) => fits(date.getUTCDate()) })),
  fc.constant({ text: 'L', fits: (date: Date) => isLast(date) }),
  fc.constant({ text: 'LW', fits: (date: Date) => isWorking(date) && !laterIn(date).some(isWorking) }),
  fc.integer({ min: 1, max: 31 }).map((near) => ({
    text: `${near}W`,
    fits: (date: Date) => {
      const away = (each: Date) => Math.abs(each.getUTCDate() - near);
      const month = monthOf(date);
      return (
        near <= month.length &&
        isWorking(date) &&
        !month.some((each) => isWorking(each) && away(each) < away(date))
      );
    },
  })),
);

const weekday = fc.integer({ min: 0, max: 7 });
const dayOfWeek: fc.Arbitrary<DayField> = fc.oneof(
  free,
  fc.uniqueArray(weekday, { minLength: 1, maxLength: 4 }).map((days) => ({
    text: days.join(','),
    fits: (date: Date) => days.some((each) => each % 7 === date.getUTCDay()),
  })),
  weekday.map((each) => ({
    text: `${each}L`,
    fits: (date: Date) => each % 7 === date.getUTCDay() && laterIn(date).length < 7,
  })),
  fc.tuple(weekday, fc.integer({ min: 1, max: 5 })).map(([each, nth]) => ({
    text: `${each}#${nth}`,
    fits: (date: Date) =>
      each % 7 === date.getUTCDay() && date.getUTCDate() > nth * 7 - 7 && date.getUTCDate() <= nth * 7,
  })),
);

const model = fc.record({
  second: fc.integer({ min: 0, max: 59 }).map((value) => ({
    text: `${value}`,
    fits: (each: number) => each === value,
  })),
  minute: numbers(0, 59),
  hour: numbers(0, 23),
  dayOfMonth,
  month: numbers(1, 12),
  dayOfWeek,
  year: fc.option(
    fc.integer({ min: 2026, max: 2040 }).map((value) => ({
      text: `${value}`,
      fits: (each: number) => each === value,
    })),
    { nil: undefined },
  ),
});
type Model = typeof model extends fc.Arbitrary<infer T> ? T : never;

const instants = fc
  .integer({ min: Date.UTC(2026, 0, 1) / 1000, max: Date.UTC(2036, 0, 1) / 1000 })
  .map((each) => each * 1000);

test('every tick fits the fields, and none that fits is left out', () => {
  fc.assert(
    fc.property(model, instants, (cron, after) => {
      const today = after - (after % day);
      const horizon = today + 800 * day;
      const expected: number[] = [];
      for (let date = today; date < horizon && expected.length < 4; date += day)
        if (dayFits(cron, new Date(date)))
          expected.push(...timesOn(date, cron).filter((each) => each > after));
      const ticks = ticksOf(textOf(cron), after, 4, utc).filter((each) => each < horizon);
      expect(ticks).toEqual(expected.slice(0, 4));
    }),
    { numRuns: 300 },
  );
});

// Each with two turns of its clocks.
test.each([
  ['Europe/Berlin', '2027-03-28T01:00:00Z', '2027-10-31T01:00:00Z'],
  ['America/New_York', '2027-03-14T07:00:00Z', '2027-11-07T06:00:00Z'],
  ['Australia/Lord_Howe', '2027-10-02T15:30:00Z', '2027-04-03T15:00:00Z'],
  ['Africa/Casablanca', '2025-04-06T02:00:00Z', '2025-02-23T02:00:00Z'],
])(
  'in %s ticks only grow, and the clock on the wall shows a time that fits, or the skipped one moved by the gap',
  (name, ...turns) => {
    const nearTurns = fc
      .tuple(fc.constantFrom(...turns), fc.integer({ min: -129_600, max: 10_800 }))
      .map(([turn, seconds]) => Date.parse(turn) + seconds * 1000);
    fc.assert(
      fc.property(model, fc.oneof(instants, nearTurns), (cron, after) => {
        const ticks = ticksOf(textOf(cron), after, 5, { is: 'iana', name });
        let before = after;
        for (const tick of ticks) {
          expect(tick).toBeGreaterThan(before);
          before = tick;
          const wall = onTheWall(tick, name);
          const gap = wall - tick - (onTheWall(tick - day, name) - (tick - day));
          const skipped = new Date(wall - gap);
          const fits = [new Date(wall), ...(gap > 0 ? [skipped] : [])].some(
            (each) => dayFits(cron, each) && timeFits(cron, each),
          );
          expect({ tick: new Date(tick), fits }).toEqual({ tick: new Date(tick), fits: true });
        }
      }),
      { numRuns: 150 },
    );
  },
);

const letters = [
  ...'0123456789*?,-/#LW ()+:',
  'rate(',
  'at(',
  'MON',
  'GMT',
  'Europe/Berlin',
  'Local',
  '\u0000',
  '٣',
];
const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.constantFrom(...letters), { maxLength: 40 }).map((parts) => parts.join('')),
  fc
    .tuple(model.map(textOf), fc.nat(60), fc.constantFrom(...letters))
    .map(([text, at, letter]) => text.slice(0, at) + letter + text.slice(at + 1)),
  fc
    .array(
      fc.constantFrom('*', '?', '0', '*/10', '1-5', 'L', 'LW', '31W', '2', '30', '5L', '4#5', '2027', 'UTC'),
      {
        minLength: 6,
        maxLength: 8,
      },
    )
    .map((parts) => parts.join(' ')),
);

test('any text is a schedule with ticks or has problems inside of it, and takes no time', () => {
  fc.assert(
    fc.property(texts, instants, (text, now) => {
      const { schedule, problems } = readSchedule(text, { start, now });
      expect(schedule === undefined).toBe(problems.some(({ severity }) => severity === 'error'));
      for (const { column, length = 1 } of problems)
        expect(column >= 1 && column + length <= Math.max(2, text.length + 2)).toBe(true);
      if (schedule === undefined) return;
      let before = now;
      for (let count = 0; count < 3; count++) {
        const tick = nextTick(inZone(schedule, { is: 'iana', name: 'Pacific/Apia' }), before);
        if (tick === undefined) break;
        expect(tick).toBeGreaterThan(before);
        before = tick;
      }
    }),
    { numRuns: 3000 },
  );
});

function ticksOf(text: string, after: number, count: number, zone: Parameters<typeof inZone>[1]): number[] {
  const { schedule, problems } = readSchedule(`${text} Local`, { start, now: after });
  const errors = problems.filter(({ severity }) => severity === 'error').map(({ code }) => code);
  expect(errors.filter((code) => code !== 'CronExpressionExpired')).toEqual([]);
  const ticks: number[] = [];
  if (schedule === undefined) return ticks;
  const zoned = inZone(schedule, zone);
  for (let tick = nextTick(zoned, after); tick !== undefined; tick = nextTick(zoned, tick)) {
    if (ticks.push(tick) === count) break;
  }
  return ticks;
}

function textOf({ second, minute, hour, dayOfMonth, month, dayOfWeek, year }: Model): string {
  const fields = [second, minute, hour, dayOfMonth, month, dayOfWeek, ...(year === undefined ? [] : [year])];
  return fields.map(({ text }) => text).join(' ');
}

function timesOn(date: number, { second, minute, hour }: Model): number[] {
  const upTo = (end: number, { fits }: Field) => Array.from({ length: end }, (_, each) => each).filter(fits);
  return upTo(24, hour).flatMap((h) =>
    upTo(60, minute).flatMap((m) => upTo(60, second).map((s) => date + (h * 3600 + m * 60 + s) * 1000)),
  );
}

function timeFits({ second, minute, hour }: Model, time: Date): boolean {
  return (
    second.fits(time.getUTCSeconds()) && minute.fits(time.getUTCMinutes()) && hour.fits(time.getUTCHours())
  );
}

function dayFits({ dayOfMonth, month, dayOfWeek, year }: Model, date: Date): boolean {
  if (!month.fits(date.getUTCMonth() + 1) || !(year?.fits(date.getUTCFullYear()) ?? true)) return false;
  const rules = [dayOfMonth.fits, dayOfWeek.fits].filter((each) => each !== undefined);
  return rules.length === 0 || rules.some((fits) => fits(date));
}

function monthOf(date: Date): Date[] {
  const days = Array.from(
    { length: 31 },
    (_, index) => new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), index + 1)),
  );
  return days.filter((each) => each.getUTCMonth() === date.getUTCMonth());
}

function laterIn(date: Date): Date[] {
  return monthOf(date).filter((each) => each.getUTCDate() > date.getUTCDate());
}

function isLast(date: Date): boolean {
  return laterIn(date).length === 0;
}

function isWorking(date: Date): boolean {
  return date.getUTCDay() >= 1 && date.getUTCDay() <= 5;
}

/** What the clock on the wall shows, as if it were UTC. */
function onTheWall(instant: number, zone: string): number {
  return Date.parse(`${clockOf(zone).format(instant).replace(' ', 'T')}Z`);
}

function clockOf(zone: string): Intl.DateTimeFormat {
  const known = clocks.get(zone);
  if (known !== undefined) return known;
  const parts = { year: 'numeric', month: '2-digit', day: '2-digit' } as const;
  const time = { hour: '2-digit', minute: '2-digit', second: '2-digit' } as const;
  const made = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, ...parts, ...time });
  clocks.set(zone, made);
  return made;
}

const clocks = new Map<string, Intl.DateTimeFormat>();
