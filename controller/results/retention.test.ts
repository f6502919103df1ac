import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { endedAt, executionAt, hourlyRun, inForce, occurrenceAt } from '../../test/support/recurring.ts';
import { shellRun } from '../../test/support/run.ts';
import { isIncomplete, type Run } from '../run/run.ts';
import type { Ledger } from '../store/ledger.ts';
import { openLevelStore } from '../store/level-store.ts';
import { openLedger } from '../store/open-ledger.ts';
import type { Change, Store, Table } from '../store/port.ts';
import { commandHistory } from './command-history.ts';
import { sweep } from './retention.ts';

const day = (n: number) => `2026-12-${String(n).padStart(2, '0')}T00:00:00.000Z`;
const keep = { seconds: 10 * 86_400, executions: 1_000_000 };
const pause = () => Promise.resolve();
const instances = ['a', 'b', 'c'].map((letter) => `mi-${letter.repeat(20)}`);
const [a = '', b = ''] = instances;

let folder: string;
let ledger: Ledger;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'groundcrew-retention-'));
  ledger = await openLedger(await openStore());
});

afterEach(async () => {
  await ledger.store.close();
  await rm(folder, { recursive: true });
});

function openStore(): Promise<Store> {
  return openLevelStore(join(folder, 'store'), { newEpoch: () => 'e' });
}

async function keys(table: Table): Promise<string[]> {
  const found: string[] = [];
  for await (const [key] of ledger.store.list(table)) found.push(key);
  return found;
}

const output = (key: string): Change => ({
  put: 'output',
  key,
  value: { head: '', tail: '', tailOffset: 0, bytes: 0 },
});

/** A run that ended at `at` on these instances, with an output each. */
async function endedRun(name: string, at: string, on = instances, changes: Partial<Run> = {}): Promise<Run> {
  const run = hourlyRun(name, at, { repeat: { mode: 'Once' }, ...changes });
  const executions = on.map((instance) => executionAt(run, 'once', instance, endedAt(at)));
  await ledger.commit([
    { put: 'run', key: run.id, value: run },
    ...executions,
    ...executions.map(({ key }) => output(key)),
  ]);
  const settled = { at, phases: { Success: on.length } };
  await ledger.commit([{ put: 'run', key: run.id, value: { ...run, settled } }]);
  return run;
}

test('a superseded run loses its executions and outputs, and keeps its record with its numbers', async () => {
  const past = await endedRun('deploy', day(1));
  const now = await endedRun('deploy', day(2));
  await ledger.commit([inForce(now, { pastRuns: [past.id] })]);
  expect(await sweep({ ledger, pause }, day(11), keep)).toBe(0);
  expect(await sweep({ ledger, pause }, day(12), keep)).toBe(1);
  expect((await keys('execution')).filter((key) => key.startsWith(past.id))).toEqual([]);
  expect((await keys('output')).filter((key) => key.startsWith(past.id))).toEqual([]);
  expect((await keys('execution')).filter((key) => key.startsWith(now.id))).toHaveLength(3);
  const left = ledger.runs.get(past.id);
  expect(left?.settled).toEqual({ at: day(1), phases: { Success: 3 }, removed: 'all' });
  expect(left && isIncomplete(left)).toBe(true);
  expect(await sweep({ ledger, pause }, day(12), keep)).toBe(0);
});

test('a one-time run in force loses its outputs only: late joiners are found by the rest', async () => {
  const run = await endedRun('deploy', day(1));
  await ledger.commit([inForce(run)]);
  await sweep({ ledger, pause }, day(30), keep);
  expect(await keys('execution')).toHaveLength(3);
  expect(await keys('output')).toEqual([]);
  const left = ledger.runs.get(run.id);
  expect(left?.settled?.removed).toBe('outputs');
  expect(left && isIncomplete(left)).toBe(false);
});

test('the run of a deleted manifest goes, and what has not ended never does', async () => {
  const gone = await endedRun('gone', day(1));
  const live = hourlyRun('live', day(1), { repeat: { mode: 'Once' } });
  const running = executionAt(live, 'once', b, { is: 'running', offer: 1, startedAt: day(1) });
  await ledger.commit([
    inForce(gone, { deleted: { commit: 'c', at: day(2) } }),
    { put: 'run', key: live.id, value: live },
    inForce(live, { deleted: { commit: 'c', at: day(2) } }),
    executionAt(live, 'once', a, endedAt(day(1))),
    running,
    output(running.key),
  ]);
  await sweep({ ledger, pause }, day(30), { seconds: 1, executions: 1 });
  expect((await keys('execution')).every((key) => key.startsWith(live.id))).toBe(true);
  expect(await keys('execution')).toHaveLength(2);
  expect(await keys('output')).toEqual([running.key]);
  expect(ledger.live(running.key)).toBeDefined();
});

test('of too many the oldest go, whatever their age', async () => {
  const runs: Run[] = [];
  for (const n of [1, 2, 3]) runs.push(await endedRun('deploy', day(n)));
  await sweep({ ledger, pause }, day(4), { seconds: 1_000_000, executions: 6 });
  expect(runs.map(({ id }) => ledger.runs.get(id)?.settled?.removed)).toEqual(['all', undefined, undefined]);
});

const work = {
  ...shellRun('digest').work,
  command: { name: 'backup', type: 'RunShellScript', scriptDigest: 'digest' },
} as const;

async function schedule(): Promise<Run> {
  const run = hourlyRun('nightly', day(1), { work });
  await ledger.commit([{ put: 'run', key: run.id, value: run }, inForce(run)]);
  for (const n of [1, 2, 3]) {
    const execution = executionAt(run, day(n), a, endedAt(day(n)));
    await ledger.commit([occurrenceAt(run, day(n), 'fired'), execution, output(execution.key)]);
    await ledger.commit([occurrenceAt(run, day(n), 'over')]);
  }
  await ledger.commit([
    occurrenceAt(run, day(31), 'ahead'),
    executionAt(run, day(31), a, { is: 'scheduled', for: { is: 'tick', at: day(31) } }),
  ]);
  return run;
}

test('of a schedule in force old occurrences go, but for the newest and what is to come', async () => {
  const run = await schedule();
  await sweep({ ledger, pause }, day(30), keep);
  const left = (await keys('occurrence')).map((key) => key.split('.')[1]);
  expect(left).toEqual(['20261203T000000Z', '20261231T000000Z']);
  expect((await keys('execution')).map((key) => key.split('.')[1])).toEqual(left);
  expect(ledger.liveOf(run.id).size).toBe(1);
  expect(ledger.phases(run.id)).toEqual({ Scheduled: 1 });
});

test('the history of a Command still counts what went', async () => {
  await schedule();
  const before = await commandHistory(ledger, 'backup');
  expect(before?.items).toMatchObject([{ executions: 3, firstRun: day(1), lastRun: day(3) }]);
  await sweep({ ledger, pause }, day(30), keep);
  expect(await commandHistory(ledger, 'backup')).toEqual(before);
});

test('a controller that is killed in the middle goes on, and counts nothing twice', async () => {
  const many = Array.from({ length: 700 }, (_, n) => `mi-${String(n).padStart(20, '0')}`);
  const past = await endedRun('deploy', day(1), many);
  await schedule();
  const expected = await commandHistory(ledger, 'backup');
  for (let crash = 1; ; crash += 1) {
    let commits = 0;
    const failing: Ledger = {
      ...ledger,
      commit: (changes) => {
        commits += 1;
        return commits > 1 ? Promise.reject(new Error('power is gone')) : ledger.commit(changes);
      },
    };
    const removed = await sweep({ ledger: failing, pause }, day(30), keep).catch(() => undefined);
    await ledger.store.close();
    ledger = await openLedger(await openStore());
    const run = ledger.runs.get(past.id);
    if ((await keys('execution')).length < 700) expect(run && isIncomplete(run)).toBe(true);
    expect(await commandHistory(ledger, 'backup')).toEqual(expected);
    if (removed === 0) break;
    expect(crash).toBeLessThan(30);
  }
  expect((await keys('execution')).filter((key) => key.startsWith(past.id))).toEqual([]);
  expect(ledger.runs.get(past.id)?.settled?.removed).toBe('all');
});

test('a run that comes back in force meanwhile keeps what is left, and takes no further instance', async () => {
  const many = Array.from({ length: 500 }, (_, n) => `mi-${String(n).padStart(20, '0')}`);
  const past = await endedRun('deploy', day(1), many);
  let pauses = 0;
  const reinstate = async () => {
    pauses += 1;
    if (pauses === 1) await ledger.commit([inForce(past)]);
  };
  await sweep({ ledger, pause: reinstate }, day(30), keep);
  expect(await keys('execution')).toHaveLength(300);
  const run = ledger.runs.get(past.id);
  expect(run && isIncomplete(run)).toBe(true);
});

test('scripts that nothing refers to go, and old edits of a Command beyond a hundred', async () => {
  const edit = (n: number): Change => {
    const at = new Date(Date.parse(day(1)) + n * 1000).toISOString();
    return {
      put: 'commandEdit',
      key: `backup:${at}`,
      value: { digest: `d${n}`, type: 'RunShellScript', commit: 'c', at },
    };
  };
  const numbers = Array.from({ length: 103 }, (_, n) => n);
  const past = await endedRun('deploy', day(1), [a], { work: shellRun('of a run').work });
  await ledger.commit([
    ...numbers.map(edit),
    ...[...numbers.map((n) => `d${n}`), 'of a run', 'of nothing'].map(
      (key): Change => ({ put: 'script', key, value: { text: key } }),
    ),
  ]);
  await sweep({ ledger, pause }, day(30), keep);
  expect(ledger.runs.get(past.id)?.settled?.removed).toBe('all');
  expect(await keys('commandEdit')).toHaveLength(100);
  const scripts = await keys('script');
  expect(scripts).toContain('of a run');
  expect(scripts).toContain('d102');
  expect(scripts).not.toContain('of nothing');
  expect(['d0', 'd1', 'd2'].filter((digest) => scripts.includes(digest))).toEqual([]);
  expect(scripts).toHaveLength(101);
});
