import { expect, test } from 'vitest';
import { hourlyRun } from '../../test/support/recurring.ts';
import type { Occurrence } from '../run/occurrence.ts';
import type { Run } from '../run/run.ts';
import { expired, type Results, resultsOf, resultsOfOccurrences } from './expired.ts';

const day = (n: number) => `2026-12-${String(n).padStart(2, '0')}T00:00:00.000Z`;
const tenDays = 10 * 86_400;

function results(...days: [day: number, executions: number][]): Results[] {
  return days.map(([n, executions]) => ({
    run: `r-${n}`,
    endedAt: day(n),
    executions,
    removes: 'executions',
  }));
}

test.each<[string, Results[], number, number, string[]]>([
  ['nothing is old and there is room', results([20, 5], [21, 5]), 0, 10, []],
  ['what is older than the limit goes', results([1, 5], [11, 5], [20, 5]), 0, 100, ['r-1', 'r-11']],
  ['what ended at the limit stays', results([12, 5]), 0, 100, []],
  ['of too many the oldest go', results([21, 4], [20, 4], [19, 4]), 0, 8, ['r-19']],
  ['what is live counts, and stays', results([20, 4], [21, 4]), 9, 10, ['r-20', 'r-21']],
  ['as few go as have to', results([20, 1], [21, 100]), 0, 100, ['r-20']],
  ['a large one goes as a whole', results([20, 100], [21, 1]), 0, 100, ['r-20']],
])('%s', (_, all, live, most, goes) => {
  const keep = { seconds: tenDays, executions: most };
  expect(expired(all, live, day(22), keep).map(({ run }) => run)).toEqual(goes);
});

const settled = { at: day(2), phases: { Success: 3, Failed: 2 } };
const once = { repeat: { mode: 'Once' } } as const;

test.each<[string, Partial<Run>, boolean, Results['removes'] | undefined]>([
  ['a run that is superseded', { ...once, settled }, false, 'executions'],
  ['a run in force', { ...once, settled }, true, 'outputs'],
  ['a run that has not ended', once, false, undefined],
  [
    'a run in force without its outputs',
    { ...once, settled: { ...settled, removed: 'outputs' } },
    true,
    undefined,
  ],
  ['the same, superseded', { ...once, settled: { ...settled, removed: 'outputs' } }, false, 'executions'],
  [
    'a run that was being removed',
    { ...once, settled: { ...settled, removed: 'some' } },
    false,
    'executions',
  ],
  ['a run that is removed', { ...once, settled: { ...settled, removed: 'all' } }, false, undefined],
  ['a run at the next boot, in force', { repeat: { mode: 'NextRebootOnly' }, settled }, true, 'outputs'],
  ['a schedule, by its occurrences', { settled }, false, undefined],
])('of %s', (_, changes, inForce, removes) => {
  const found = resultsOf(hourlyRun('a', day(1), changes), inForce);
  expect(found?.removes).toBe(removes);
  if (found !== undefined) expect(found).toMatchObject({ endedAt: day(2), executions: 5 });
});

function occurrence(n: number, is: Occurrence['state']['is']): Occurrence {
  const { id, work } = hourlyRun('a', day(1));
  const fired = { work, commit: 'c' };
  const states: Record<typeof is, Occurrence['state']> = {
    ahead: { is: 'ahead' },
    fired: { is: 'fired', ...fired },
    over: { is: 'over', ...fired, endedAt: day(n + 1), phases: { Success: 2 } },
    missed: { is: 'missed', reason: 'offline', ticks: 3, through: day(n + 3) },
  };
  return { run: id, occurrence: `o-${n}`, at: day(n), state: states[is] };
}

test('of a schedule what is over or was missed may go, in force all but the newest that executed', () => {
  const all = [
    occurrence(1, 'over'),
    occurrence(2, 'over'),
    occurrence(3, 'missed'),
    occurrence(4, 'fired'),
    occurrence(5, 'ahead'),
  ];
  const named = (inForce: boolean) =>
    resultsOfOccurrences(all, inForce).map(({ occurrence: id, endedAt, executions }) => [
      id,
      endedAt,
      executions,
    ]);
  const first = ['o-1', day(2), 2];
  const missed = ['o-3', day(6), 0];
  expect(named(true)).toEqual([first, missed]);
  expect(named(false)).toEqual([first, ['o-2', day(3), 2], missed]);
});
