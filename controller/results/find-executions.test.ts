import { beforeEach, expect, test } from 'vitest';
import { memoryStore } from '../../test/support/memory-store.ts';
import { endedAt, executionAt, hourlyRun, inForce, occurrenceAt } from '../../test/support/recurring.ts';
import { waiting } from '../../test/support/run.ts';
import type { Run } from '../run/run.ts';
import type { Ledger } from '../store/ledger.ts';
import { openLedger } from '../store/open-ledger.ts';
import type { Store } from '../store/port.ts';
import { type ExecutionFilter, findExecutions } from './find-executions.ts';

const [a, b, c] = ['a', 'b', 'c'].map((letter) => `mi-${letter.repeat(20)}`) as [string, string, string];
const hour = (n: number) => `2026-12-01T${String(n).padStart(2, '0')}:00:00.000Z`;
const once = { repeat: { mode: 'Once' } } as const;
const early = hourlyRun('early', hour(1), { ...once, settled: { at: hour(2), phases: { Success: 3 } } });
const hourly = hourlyRun('hourly', hour(3));
const late = hourlyRun('late', hour(9), once);

let ledger: Ledger;
/** Keys of execution rows that were read. */
let read: string[];

beforeEach(async () => {
  read = [];
  ledger = await openLedger(watched(await memoryStore()));
  const put = (run: Run) => [{ put: 'run', key: run.id, value: run } as const, inForce(run)];
  await ledger.commit([
    ...[early, hourly, late].flatMap(put),
    ...[4, 5, 6].flatMap((n) => [
      occurrenceAt(hourly, hour(n), n === 6 ? 'fired' : 'over', 2),
      ...[a, b].map((instance) => executionAt(hourly, hour(n), instance, endedAt(hour(n)))),
    ]),
    executionAt(late, 'once', a, waiting),
    executionAt(late, 'once', b, { is: 'running', offer: 1, startedAt: hour(9) }),
  ]);
  await ledger.store.commit(
    [a, b, c].map((instance) => executionAt(early, 'once', instance, endedAt(hour(2)))),
  );
});

function watched(store: Store): Store {
  return {
    ...store,
    get(table, key) {
      if (table === 'execution') read.push(key);
      return store.get(table, key);
    },
    async *list(table, range) {
      for await (const row of store.list(table, range)) {
        if (table === 'execution') read.push(row[0]);
        yield row;
      }
    },
  };
}

/** In short: `early a`, `hourly 04 b`. */
async function found(filter: ExecutionFilter): Promise<string[]> {
  const { executions } = await findExecutions(ledger, filter);
  return executions.map(({ run, occurrence, instance }) =>
    [ledger.runs.get(run)?.invocation, occurrence.slice(9, 11), instance.slice(3, 4)]
      .filter((part) => part !== '')
      .join(' '),
  );
}

const all = [
  'early a',
  'early b',
  'early c',
  'hourly 04 a',
  'hourly 04 b',
  'hourly 05 a',
  'hourly 05 b',
].concat(['hourly 06 a', 'hourly 06 b', 'late a', 'late b']);

test.each<[string, ExecutionFilter, string[]]>([
  ['everything, by when it was accepted', {}, all],
  ['the newest first', { newestFirst: true }, all.toReversed()],
  ['one invocation', { invocation: 'early' }, ['early a', 'early b', 'early c']],
  ['one instance', { instance: c }, ['early c']],
  [
    'one occurrence',
    { invocation: 'hourly', occurrence: '20261201T050000Z' },
    ['hourly 05 a', 'hourly 05 b'],
  ],
  ['one occurrence on one instance', { occurrence: '20261201T050000Z', instance: b }, ['hourly 05 b']],
  ['a state', { state: 'Running' }, ['late a', 'late b']],
  ['a phase', { phase: 'Pending' }, ['late a']],
  ['since a time', { since: hour(6) }, ['hourly 06 a', 'hourly 06 b', 'late a', 'late b']],
  ['what nobody has', { invocation: 'nobody' }, []],
])('it finds %s', async (_, filter, expected) => {
  expect(await found(filter)).toEqual(expected);
});

test.each([
  {},
  { newestFirst: true },
  { instance: a },
  { instance: b, newestFirst: true },
  { state: 'Finished' },
] satisfies ExecutionFilter[])('pages of any size add up to the whole: %j', async (filter) => {
  const whole = await findExecutions(ledger, filter);
  for (const [limit, looks] of [
    [1, 100],
    [2, 100],
    [100, 1],
    [100, 3],
  ] as const) {
    const pages: unknown[] = [];
    let after: string | undefined;
    do {
      const page = await findExecutions(
        ledger,
        { ...filter, limit, ...(after !== undefined && { after }) },
        looks,
      );
      pages.push(...page.executions);
      after = page.next;
    } while (after !== undefined);
    expect(pages).toEqual(whole.executions);
  }
});

test('what a filter rules out is not read', async () => {
  await found({ since: hour(6) });
  expect(read.filter((id) => id.startsWith(early.id) || id.includes('T04') || id.includes('T05'))).toEqual(
    [],
  );
  read = [];
  await found({ instance: c });
  expect(read.filter((id) => !id.endsWith(c))).toEqual([]);
  read = [];
  await found({ phase: 'Timeout' });
  expect(read).toEqual([]);
});
