import { expect, test } from 'vitest';
import { nextTick } from './next-tick.ts';
import { readSchedule } from './read-schedule.ts';
import { inZone, usualIntervals } from './schedule.ts';

const now = Date.parse('2026-11-23T00:00:00Z');
const start = { file: 'a.yaml', line: 7, column: 1 };

/** `code column+length` of each problem. */
function problemsOf(expression: string): string[] {
  const { schedule, problems } = readSchedule(expression, { start, now });
  const isBroken = problems.some(({ severity }) => severity === 'error');
  expect(schedule === undefined).toBe(isBroken);
  return problems.map(({ code, column, length }) => `${code} ${column}+${length}`);
}

test.each([
  // Rates
  ['rate(0m)', 'InvalidRateExpression 6+2'],
  ['rate(59s)', 'InvalidRateExpression 6+3'],
  ['rate(60s)'],
  ['rate(1m)'],
  ['Rate  (2 H)'],
  ['rate(7d)'],
  ['rate(168h)'],
  ['rate(8d)', 'RateFrequencyTooLarge 6+2'],
  ['rate(604801s)', 'RateFrequencyTooLarge 6+7'],
  [`rate(${'9'.repeat(400)}d)`, 'RateFrequencyTooLarge 6+401'],
  ['rate(5m )', 'InvalidRateExpression 8+2'],
  ['rate( 5m)', 'InvalidRateExpression 6+4'],
  ['rate(5)', 'InvalidRateExpression 7+1'],
  ['rate(5w)', 'InvalidRateExpression 7+2'],
  ['rate(m)', 'InvalidRateExpression 6+2'],
  ['rate(-5m)', 'InvalidRateExpression 6+4'],
  ['rate(1.5h)', 'InvalidRateExpression 7+4'],
  ['rate(5m', 'InvalidRateExpression 8+1'],
  ['rate(5m) UTC', 'InvalidRateExpression 8+5'],
  ['rate', 'InvalidRateExpression 1+4'],
  [' rate(5m)', 'InvalidRateExpression 1+9'],
  // Instants
  ['at(2026-12-01 09:00:00)'],
  ['at(2026-12-01 09:00:00 Local)'],
  ['at(2026-12-01 09:00:00 Mars/Base)', 'TimezoneInformationCorrupt 24+9'],
  ['at(2026-12-01 09:00:00 GMT+15:00)', 'InvalidGMTOffsetHourForTimezone 28+2'],
  ['at(2026-11-23 00:00:01)'],
  ['at(2026-11-23 00:00:00)', 'AtExpressionExpired 1+23'],
  ['at(2026-11-23 08:00:00 GMT+8:00)', 'AtExpressionExpired 1+32'],
  ['at(2026-11-22 12:00:00 Local)'],
  ['at(2026-11-22 11:00:00 Local)', 'AtExpressionExpired 1+29'],
  ['at(2026-13-01 24:60:60)', ...['9+2', '15+2', '18+2', '21+2'].map((at) => `InvalidAtExpression ${at}`)],
  ['at(2027-02-29 09:00:00)', 'InvalidAtExpression 12+2'],
  ['at(2100-01-01 09:00:00)', 'InvalidAtExpression 4+4'],
  ['at(2026-12-01T09:00:00)', 'InvalidAtExpression 14+10'],
  ['at(2026-12-01 9:00:00)', 'InvalidAtExpression 14+9'],
  ['at(2026-12-01 09:00)', 'InvalidAtExpression 20+1'],
  ['at(2026-12-01 09:00:00', 'InvalidAtExpression 23+1'],
  ['at(tomorrow)', 'InvalidAtExpression 4+9'],
  // Cron: how many fields
  ['', 'BadCronExpression 1+1'],
  ['0 9 * * MON', 'BadCronExpression 1+11'],
  ['0 0 9 ? * MON 2027 UTC more', 'BadCronExpression 24+4'],
  ['every(5m)', 'BadCronExpression 1+9'],
  ['@daily', 'BadCronExpression 1+6'],
  // Cron: numbers
  ['  0   0 9 ?  * MON '],
  ['0 0 09 ? * *'],
  ['00 00 00 ? * *'],
  ['0 0 009 ? * *', 'BadCronExpression 5+3'],
  [
    '60 60 24 32 13 8',
    ...['1+2', '4+2', '7+2', '10+2', '13+2', '16+1'].map((at) => `BadCronExpression ${at}`),
  ],
  ['0 0 0 0 0 ?', 'BadCronExpression 7+1', 'BadCronExpression 9+1'],
  ['0 5,,70 9 ? * *', 'BadCronExpression 5+1', 'BadCronExpression 6+2'],
  ['0 5- 9 ? * *', 'BadCronExpression 5+1'],
  ['0 30-10 9 ? * *', 'BadCronExpression 3+5'],
  ['0 1-2-3 9 ? * *', 'BadCronExpression 3+5'],
  ['0 */0 9 ? * *', 'BadCronExpression 5+1'],
  ['0 */60 9 ? * *', 'BadCronExpression 5+2'],
  ['0 */2/2 9 ? * *', 'BadCronExpression 3+5'],
  ['0 *,5 9 ? * *', 'BadCronExpression 3+1'],
  ['0 ? 9 ? * *', 'BadCronExpression 3+1'],
  ['0 H 9 ? * *', 'BadCronExpression 3+1'],
  ['0 ٣ 9 ? * *', 'BadCronExpression 3+1'],
  ['0 1e1 9 ? * *', 'BadCronExpression 3+3'],
  ['0 0 9 ? FOO *', 'BadCronExpression 9+3'],
  ['0 0 9 ? * MOND', 'BadCronExpression 11+4'],
  ['0 0 9 ? * SAT-TUE', 'BadCronExpression 11+7'],
  ['0 0 9 ? MON *', 'BadCronExpression 9+3'],
  // Cron: days
  ['0 0 9 L,15 * ?', 'BadCronExpression 7+1'],
  ['0 0 9 1-L * ?', 'BadCronExpression 7+3'],
  ['0 0 9 L-3 * ?', 'BadCronExpression 7+3'],
  ['0 0 9 1-5W * ?', 'BadCronExpression 7+4'],
  ['0 0 9 32W * ?', 'BadCronExpression 7+2'],
  ['0 0 9 W * ?', 'BadCronExpression 7+1'],
  ['0 0 9 ?,5 * ?', 'BadCronExpression 7+1'],
  ['0 0 9 ? * 5W', 'BadCronExpression 11+2'],
  ['0 0 9 ? * 8L', 'BadCronExpression 11+1'],
  ['0 0 9 ? * 5L,1', 'BadCronExpression 11+2'],
  ['0 0 9 ? * MON-L', 'BadCronExpression 11+5'],
  ['0 0 9 ? * 4#6', 'BadCronExpression 13+1'],
  ['0 0 9 ? * 4#', 'BadCronExpression 13+1'],
  ['0 0 9 ? * 4#1#2', 'BadCronExpression 13+1'],
  ['0 0 9 ? * 8#1', 'BadCronExpression 11+1'],
  ['0 0 9 13 * FRI', 'CronDayFieldsBoth 12+3'],
  ['0 0 9 */2 * MON', 'CronDayFieldsBoth 13+3'],
  ['0 0 9 ? * ?'],
  // Cron: years and zones
  ['0 0 9 ? * MON 2027'],
  ['0 0 9 ? * MON 2027 Europe/Berlin'],
  ['0 0 9 ? * MON Local'],
  ['0 0 9 ? * MON 1969', 'BadCronExpression 15+4'],
  ['0 0 9 ? * MON 2100', 'BadCronExpression 15+4'],
  ['0 0 9 ? * MON ?', 'BadCronExpression 15+1'],
  ['0 0 9 ? * MON UTC 2027', 'BadCronExpression 15+3', 'TimezoneInformationCorrupt 19+4'],
  ['0 0 9 ? * MON 2025', 'CronExpressionExpired 1+18'],
  ['0 0 9 1 1 ? 2026', 'CronExpressionExpired 1+16'],
  ['0 0 9 30 2 ?', 'CronExpressionExpired 1+12'],
  ['0 0 9 31W 4 ?', 'CronExpressionExpired 1+13'],
  ['0 0 9 29 2 ? 2027', 'CronExpressionExpired 1+17'],
  ['0 0 9 ? * MON GMT-12:59'],
  ['0 0 9 ? * MON GMT+14:59'],
  ['0 0 9 ? * MON GMT+0:00'],
  ['0 0 9 ? * MON GMT-13:00', 'InvalidGMTOffsetHourForTimezone 19+2'],
  ['0 0 9 ? * MON GMT+15:00', 'InvalidGMTOffsetHourForTimezone 19+2'],
  ['0 0 9 ? * MON GMT+08:00', 'InvalidGMTOffsetHourForTimezone 19+2'],
  ['0 0 9 ? * MON GMT+8:60', 'InvalidGMTOffsetMinuteForTimezone 21+2'],
  ['0 0 9 ? * MON GMT+8:5', 'InvalidGMTOffsetMinuteForTimezone 21+1'],
  ['0 0 9 ? * MON GMT+8', 'InvalidGMTOffsetForTimezone 15+5'],
  ['0 0 9 ? * MON UTC+8', 'InvalidGMTOffsetForTimezone 15+5'],
  ['0 0 9 ? * MON +08:00', 'InvalidGMTOffsetForTimezone 15+6'],
  ['0 0 9 ? * MON xGMT+8:00', 'InvalidGMTOffsetForTimezone 15+9'],
  ['0 0 9 ? * MON CET', 'TimezoneInformationCorrupt 15+3'],
  ['0 0 9 ? * MON utc', 'TimezoneInformationCorrupt 15+3'],
  ['0 0 9 ? * MON Europe/Berlim', 'TimezoneInformationCorrupt 15+13'],
  ['0 0 9 ? * MON ../etc/passwd', 'TimezoneInformationCorrupt 15+13'],
  ['99 0 9 ? * MON GMT+99:00', 'BadCronExpression 1+2', 'InvalidGMTOffsetHourForTimezone 20+2'],
  // Cron: how close
  ['*/10 * * * * ?'],
  ['*/9 * * * * ?', 'BadCronExpression 1+3'],
  ['* * * * * ?', 'BadCronExpression 1+1'],
  ['0,55 * * * * ?', 'BadCronExpression 1+4'],
  ['0,55 0/2 * * * ?'],
  ['0,55 0,59 8,9 * * ?', 'BadCronExpression 1+4'],
  ['0,55 0,59 8,10 * * ?'],
  ['0,55 0,59 0,23 * * ?', 'BadCronExpression 1+4'],
])('%j has the problems of its places', (expression, ...expected) => {
  expect(problemsOf(expression)).toEqual(expected);
});

test('a problem says what was found, what is legal, and what to do', () => {
  const { problems } = readSchedule('0 0 9 ? * MON UTC+8', { start: { ...start, column: 20 }, now });
  expect(problems).toEqual([
    {
      code: 'InvalidGMTOffsetForTimezone',
      severity: 'error',
      file: 'a.yaml',
      line: 7,
      column: 34,
      length: 5,
      message: 'this is no offset from GMT; found "UTC+8"; legal: GMT±H:MM',
      finding: { what: 'this is no offset from GMT', found: '"UTC+8"', legal: 'GMT±H:MM' },
      hint: 'Did you mean "GMT+8:00"?',
    },
  ]);
});

test.each([
  ['0 0 9 ? * MON Europe/Berlim', 'Did you mean "Europe/Berlin"?'],
  ['0 0 9 ? * TEU', 'Did you mean "TUE"?'],
  ['0 9 ? * MON', 'Put a field for the second in front: 0 0 9 ? * MON'],
  ['every(5m)', 'Write rate(5m), at(2030-01-31 08:00:00), or a cron expression.'],
])('%j has a hint of its own', (expression, hint) => {
  expect(readSchedule(expression, { start, now }).problems[0]?.hint).toBe(hint);
});

test('intervals are limited as the caller says', () => {
  const limits = { rate: { shortest: 90_000, longest: 120_000 }, cron: { shortest: 3_600_000 } };
  const codes = (expression: string) =>
    readSchedule(expression, { start, now, limits }).problems.map(({ code }) => code);
  expect(codes('rate(60s)')).toEqual(['InvalidRateExpression']);
  expect(codes('rate(120s)')).toEqual([]);
  expect(codes('rate(121s)')).toEqual(['RateFrequencyTooLarge']);
  expect(codes('0 0/30 * * * ?')).toEqual(['BadCronExpression']);
  expect(codes('0 15 * * * ?')).toEqual([]);
  expect(usualIntervals).toEqual({
    rate: { shortest: 60_000, longest: 604_800_000 },
    cron: { shortest: 10_000 },
  });
});

test('a rate begins one interval after its anchor, and not at it', () => {
  const { schedule } = readSchedule('rate(1h)', { start, now });
  const rate = inZone(schedule!, { is: 'offset', minutes: 0 });
  expect(nextTick(rate, now - 86_400_000)).toBe(now + 3_600_000);
  expect(nextTick(rate, now)).toBe(now + 3_600_000);
  expect(nextTick(rate, now + 3_600_000)).toBe(now + 7_200_000);
});

test('Local is the zone that it is given', () => {
  const { schedule } = readSchedule('0 0 9 * * ? Local', { start, now });
  expect(schedule).toMatchObject({ zone: { is: 'local' } });
  const berlin = inZone(schedule!, { is: 'iana', name: 'Europe/Berlin' });
  expect(nextTick(berlin, now)).toBe(Date.parse('2026-11-23T08:00:00Z'));
});

test('nothing ticks after 2099, and nothing before 1970', () => {
  const { schedule } = readSchedule('0 0 0 1 1 ?', { start, now });
  const utc = inZone(schedule!, { is: 'offset', minutes: 0 });
  expect(nextTick(utc, Date.parse('2098-12-31T00:00:00Z'))).toBe(Date.parse('2099-01-01T00:00:00Z'));
  expect(nextTick(utc, Date.parse('2099-01-01T00:00:00Z'))).toBeUndefined();
  expect(nextTick(utc, Number.MAX_SAFE_INTEGER)).toBeUndefined();
  expect(nextTick(utc, Number.NaN)).toBeUndefined();
  expect(nextTick(utc, Date.parse('1066-10-14T00:00:00Z'))).toBe(0);
});

test('days that never come are found out, however many they are', () => {
  const weeks = [1, 2, 3, 4, 5, 6, 7].map((day) => `${day}#5`).join(',');
  const codes = (expression: string) =>
    readSchedule(expression, { start, now }).problems.map(({ code }) => code);
  expect(codes(`0 0 9 ? 2 ${weeks} 1971/2`)).toEqual(['CronExpressionExpired']);
  expect(codes(`0 0 9 ? 2 ${`${weeks},`.repeat(1000)}1#5 1971/2`)).toEqual(['CronExpressionExpired']);
  expect(codes('0 0 9 29W,30W,31W 2 ? 1971/2')).toEqual(['CronExpressionExpired']);
  expect(codes('0 0 9 29 2 ? 2097-2099')).toEqual(['CronExpressionExpired']);
});
