// A frequency in a manifest: every mistake at its column, however the text is written, and ticks that are not closer
// than an execution may last.
import { describe, expect, test } from 'vitest';
import { withoutMarks } from '../../test/support/marks.ts';
import { snapshotOf } from '../../test/support/memory-snapshot.ts';
import type { Catalog, Repeat } from './catalog.ts';
import { makeParseCache, readCatalog } from './read-catalog.ts';

const read = (text: string): Promise<Catalog> =>
  readCatalog(snapshotOf({ 'manifests/a.yaml': text }), makeParseCache());

const head = (kind: string, name: string) =>
  `apiVersion: groundcrew.dev/v1\nkind: ${kind}\nmetadata: {name: ${name}}\nspec:\n`;
const invocation = (fields: string, command = '{type: RunShellScript, content: date}') =>
  `${head('Invocation', 'often')}  targets: {selector: {}}\n  command: ${command}\n${fields}`;

async function expectProblems(marked: string, ...codes: string[]): Promise<void> {
  const { text, places } = withoutMarks(marked);
  const { problems, invocations } = await read(text);
  expect(problems.map(({ code, line, column }) => `${code} ${line}:${column}`)).toEqual(
    codes.map((code, index) => `${code} ${places[index]}`),
  );
  expect(invocations.size).toBe(0);
}

const styles: [style: string, written: (expression: string) => string][] = [
  ['plain', (expression) => `  frequency: ${expression}\n`],
  ['in single quotes', (expression) => `  frequency: '${expression}'\n`],
  ['in double quotes, on a line of its own', (expression) => `  frequency:\n    "${expression}"\n`],
  ['as a block', (expression) => `  frequency: |\n    ${expression}\n`],
  ['as a folded block', (expression) => `  frequency: >- # why\n     ${expression}\n`],
];

describe.each(styles)('a frequency written %s', (_, written) => {
  test.each([
    ['0 ‸61 9 ? * MON', 'BadCronExpression'],
    ['‸0 9 * * MON', 'BadCronExpression'],
    ['0 ‸60 ‸24 ? * MON', 'BadCronExpression', 'BadCronExpression'],
    ['‸0 0 9 30 2 ?', 'CronExpressionExpired'],
    ['0 0 9 ? * MON ‸UTC+8', 'InvalidGMTOffsetForTimezone'],
    ['0 0 9 ? * MON GMT+‸08:00', 'InvalidGMTOffsetHourForTimezone'],
    ['0 0 9 ? * MON GMT+5:‸75', 'InvalidGMTOffsetMinuteForTimezone'],
    ['0 0 9 ? * MON 2027 ‸Europe/Berlim', 'TimezoneInformationCorrupt'],
    ['rate(5‸w)', 'InvalidRateExpression'],
    ['rate(‸30s)', 'InvalidRateExpression'],
    ['rate(‸8d)', 'RateFrequencyTooLarge'],
    ['at(2027-02-‸29 09:00:00)', 'InvalidAtExpression'],
    // One tick each second is more than there may be.
    ['‸0/1 * * * * ?', 'BadCronExpression'],
    // Not below the timeout of a minute.
    ['‸0/30 * * * * ?', 'BadCronExpression'],
  ])('%s', (expression, ...codes) => expectProblems(invocation(written(expression)), ...codes));

  test('is taken as it is, without what ends a block', async () => {
    const { problems, invocations } = await read(invocation(written('0 30 3 ? * MON-FRI Europe/Berlin')));
    expect(problems).toEqual([]);
    expect(invocations.get('often')?.repeat).toMatchObject({ frequency: '0 30 3 ? * MON-FRI Europe/Berlin' });
    const rate = await read(invocation(written('rate(5m)')));
    expect(rate.invocations.get('often')?.repeat).toMatchObject({ frequency: 'rate(5m)' });
  });
});

test('a mistake behind an escape or a line break is shown with the whole text', async () => {
  await expectProblems(invocation('  frequency: ‸"0\\x20 61 9 ? * MON"\n'), 'BadCronExpression');
  await expectProblems(invocation('  frequency: ‸0 61 9\n    ? * MON\n'), 'BadCronExpression');
});

describe('ticks are not closer than an execution may last', () => {
  const long = (timeout: string) => `{type: RunShellScript, content: date, timeout: ${timeout}}`;
  const command = (timeout: string) =>
    `${head('Command', 'tidy')}  type: RunShellScript\n  content: date\n  timeout: ${timeout}\n`;
  const reference = (fields: string) =>
    `${head('Invocation', 'often')}  targets: {selector: {}}\n  commandRef: {name: tidy}\n${fields}`;

  test.each([
    ['the inline command', invocation('  frequency: rate(‸5m)\n', long('301s'))],
    ['the Invocation', invocation('  timeout: 10m\n  frequency: rate(‸5m)\n')],
    ['the Command that it refers to', `${command('10m')}---\n${reference('  frequency: rate(‸5m)\n')}`],
  ])('a rate and the timeout of %s', async (_, text) => {
    await expectProblems(text, 'InvalidRateExpression');
    const { problems } = await read(withoutMarks(text).text);
    expect(problems[0]?.hint).toMatch(/^An execution may last \d+s \(its timeout\)/);
  });

  test('a cron expression and the timeout of the Command that it refers to', () =>
    expectProblems(
      `${command('20m')}---\n${reference('  frequency: "‸0 0,15 9 ? * MON"\n')}`,
      'BadCronExpression',
    ));

  test.each([
    ['as long as an execution may last', invocation('  frequency: rate(5m)\n', long('5m'))],
    ['as long as an execution may last', invocation('  frequency: 0 */5 * * * ?\n', long('5m'))],
    [
      'long enough, for a timeout that the Invocation sets',
      `${command('1h')}---\n${reference('  timeout: 1m\n  frequency: rate(5m)\n')}`,
    ],
    ['long enough, with an execution of days', invocation('  frequency: 0 0 9 ? * MON\n', long('3d'))],
  ])('an interval that is %s is accepted', async (_, text) => {
    const { problems, invocations } = await read(text);
    expect(problems).toEqual([]);
    expect(invocations.has('often')).toBe(true);
  });

  test('an execution of days does not fit between ticks of each day', () =>
    expectProblems(invocation('  frequency: ‸0 0 9 * * ?\n', long('36h')), 'BadCronExpression'));

  test('a Command that gets a longer timeout breaks the Invocation, at its frequency', async () => {
    const cache = makeParseCache();
    const files = {
      'manifests/a.yaml': command('1m'),
      'manifests/b.yaml': reference('  frequency: rate(5m)\n'),
    };
    expect((await readCatalog(snapshotOf(files), cache)).problems).toEqual([]);
    const longer = { ...files, 'manifests/a.yaml': command('6m') };
    const { problems, broken } = await readCatalog(snapshotOf(longer, 'c2'), cache);
    expect(problems).toMatchObject([
      { code: 'InvalidRateExpression', file: 'manifests/b.yaml', line: 7, column: 19 },
    ]);
    expect(broken.invocations).toEqual(new Set(['often']));
  });
});

test('both day fields are a warning, at the second, and the manifest is used', async () => {
  const { text, places } = withoutMarks(invocation('  frequency: 0 0 12 13 * ‸FRI\n'));
  const { problems, invocations, broken } = await read(text);
  expect(problems).toMatchObject([{ code: 'CronDayFieldsBoth', severity: 'warning' }]);
  expect(`${problems[0]?.line}:${problems[0]?.column}`).toBe(places[0]);
  expect(invocations.get('often')?.repeat).toMatchObject({ mode: 'Period' });
  expect(broken.invocations).toEqual(new Set());
});

test('a schedule may end with the last year that can be written, wherever', async () => {
  const until = async (text: string) => {
    const { problems, invocations } = await read(invocation(`  frequency: rate(1h)\n  until: '${text}'\n`));
    expect(problems).toEqual([]);
    return invocations.get('often')?.repeat;
  };
  const last = { until: '9999-12-31T23:59:59.000Z' };
  expect(await until('9999-12-31T23:59:59Z')).toMatchObject(last);
  expect(await until('9999-12-31T23:59:59-08:00')).toMatchObject(last);
});

test('a schedule whose ticks have all been is right', async () => {
  const { problems, invocations } = await read(invocation('  frequency: at(2020-01-01 00:00:00)\n'));
  expect({ problems, size: invocations.size }).toEqual({ problems: [], size: 1 });
});

test.each<[string, Repeat]>([
  ['', { mode: 'Once' }],
  ['  repeatMode: Once\n', { mode: 'Once' }],
  ['  repeatMode: DryRun\n', { mode: 'DryRun' }],
  ['  repeatMode: NextRebootOnly\n', { mode: 'NextRebootOnly' }],
  ['  repeatMode: EveryReboot\n', { mode: 'EveryReboot' }],
  [
    '  frequency: rate(1h)\n',
    { mode: 'Period', frequency: 'rate(1h)', startingDeadlineSeconds: 3600, concurrency: 'Forbid' },
  ],
  [
    "  repeatMode: Period\n  frequency: rate(1h)\n  until: '2027-01-01T00:00:00+01:00'\n  startingDeadline: 5m\n  concurrencyPolicy: Replace\n",
    {
      mode: 'Period',
      frequency: 'rate(1h)',
      until: '2026-12-31T23:00:00.000Z',
      startingDeadlineSeconds: 300,
      concurrency: 'Replace',
    },
  ],
])('%j means %j', async (fields, repeat) => {
  const { problems, invocations } = await read(invocation(fields));
  expect(problems).toEqual([]);
  expect(invocations.get('often')).toMatchObject({
    repeat,
    deliverySeconds: 3600,
    terminationMode: 'ProcessTree',
  });
});
