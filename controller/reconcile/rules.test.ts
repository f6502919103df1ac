// What runs, and when (docs/manifests.md), rule by rule: catalogs come, executions start and end, and the ledger says what is in force.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sha256 } from '../../schemas/digest.ts';
import { catalog, command, invocation, shell } from '../../test/support/catalog.ts';
import { someTime as at, openTurns, start, succeed, type Turns } from '../../test/support/turns.ts';
import { desired } from '../desired/desired.ts';
import type { Catalog, CatalogInvocation } from '../manifest/catalog.ts';
import type { Plan } from '../plan/step.ts';
import type { Event } from '../run/transition.ts';

const greet = command('greet');
let turns: Turns;

beforeEach(async () => {
  turns = await openTurns();
  for (const name of ['web-1', 'web-2', 'db-1']) await enrol(name, { role: name.split('-')[0] ?? '' });
});

afterEach(() => turns.store.close());

const turn = (seen: Catalog, guard?: { maxDeletions: number; maxTargets: number }): Promise<Plan> =>
  turns.turn(seen, guard === undefined ? {} : { guard });
const enrol: Turns['enrol'] = (...instance) => turns.enrol(...instance);
const restart = (): Promise<void> => turns.restart();
const seen = (...objects: CatalogInvocation[]): Catalog => catalog([greet, ...objects]);
const phases = (run: string): Promise<Record<string, string>> => turns.phases(run);
const runOf = (name: string): string => turns.runOf(name);
const happen = (run: string, instance: string, ...events: Event[]): Promise<void> =>
  turns.happen({ run, instance }, ...events);

test('a new Invocation gets one execution on each instance, and none on the next turn', async () => {
  await turn(seen(invocation('hello')));
  expect(await phases(runOf('hello'))).toEqual({ 'web-1': 'Pending', 'web-2': 'Pending', 'db-1': 'Pending' });
  expect((await turn(seen(invocation('hello')))).steps).toEqual([]);
});

test('a comment, a label and a file move run nothing', async () => {
  await turn(seen(invocation('hello')));
  const run = runOf('hello');
  const { steps } = await turn(seen(invocation('hello', { labels: { a: 'b' }, path: 'moved.yaml' })));
  expect(steps.map((step) => step.do)).toEqual(['update']);
  expect(runOf('hello')).toBe(run);
});

test('a parameter runs again, and what the old run has not started is cancelled while what runs finishes', async () => {
  await turn(seen(invocation('hello')));
  const old = runOf('hello');
  await happen(old, 'web-1', ...start);
  await turn(seen(invocation('hello', { parameters: { who: 'you' } })));
  expect(runOf('hello')).not.toBe(old);
  expect(await phases(old)).toEqual({ 'web-1': 'Running', 'web-2': 'Cancelled', 'db-1': 'Cancelled' });
  expect(await phases(runOf('hello'))).toEqual({ 'web-1': 'Pending', 'web-2': 'Pending', 'db-1': 'Pending' });
});

test('going back to an older version runs nothing and says so', async () => {
  await turn(seen(invocation('hello')));
  const first = runOf('hello');
  for (const name of ['web-1', 'web-2', 'db-1']) await happen(first, name, ...start, succeed);
  await turn(seen(invocation('hello', { rerun: '2' })));
  const second = runOf('hello');
  const { notes, steps } = await turn(seen(invocation('hello')));
  expect(steps.map((step) => step.do)).toContain('reinstate');
  expect(notes.get('hello')).toMatchObject([{ type: 'AlreadyExecuted' }]);
  expect(runOf('hello')).toBe(first);
  expect(await phases(second)).toEqual({ 'web-1': 'Cancelled', 'web-2': 'Cancelled', 'db-1': 'Cancelled' });
  expect(Object.values(await phases(first))).toEqual(['Success', 'Success', 'Success']);
  expect((await turn(seen(invocation('hello')))).notes.get('hello')).toMatchObject([
    { type: 'AlreadyExecuted' },
  ]);
});

test('editing a Command runs nothing, and the run keeps the content that it was accepted with', async () => {
  await turn(seen(invocation('hello')));
  const pinned = turns.ledger().runs.get(runOf('hello'))?.work;
  const { steps } = await turn(catalog([command('greet', 'date -u'), invocation('hello')]));
  expect(steps.map((step) => step.do)).toEqual(['recordCommand']);
  expect(turns.ledger().runs.get(runOf('hello'))?.work).toEqual(pinned);
  expect(pinned).toMatchObject({ command: { scriptDigest: sha256('date') } });
  expect(await turns.store.get('script', sha256('date'))).toEqual({ text: 'date' });
});

describe('targets', () => {
  test('are frozen: who joins later does not run', async () => {
    await turn(seen(invocation('hello')));
    await enrol('web-3');
    expect((await turn(seen(invocation('hello')))).steps).toEqual([]);
  });

  test('with lateJoiners: Run, who joins later runs it once, also after a restart', async () => {
    const open = invocation('hello', { targets: { selector: {}, lateJoiners: 'Run' } });
    await turn(seen(open));
    await happen(runOf('hello'), 'web-1', ...start, succeed);
    await enrol('web-3');
    await restart();
    expect((await turn(seen(open))).steps).toMatchObject([{ do: 'extend', instances: ['mi-web-3'] }]);
    expect((await turn(seen(open))).steps).toEqual([]);
  });

  test('that shrink cancel what has not started, and leave what runs', async () => {
    await turn(seen(invocation('hello')));
    await happen(runOf('hello'), 'web-1', ...start);
    await turn(seen(invocation('hello', { targets: { instances: ['db-1'], lateJoiners: 'Ignore' } })));
    expect(await phases(runOf('hello'))).toEqual({
      'web-1': 'Running',
      'web-2': 'Cancelled',
      'db-1': 'Pending',
    });
  });

  test('that grow run only where it did not, also when the run was over', async () => {
    const on = (...instances: string[]) =>
      seen(invocation('hello', { targets: { instances, lateJoiners: 'Ignore' } }));
    await turn(on('web-1'));
    await happen(runOf('hello'), 'web-1', ...start, succeed);
    await turn(on('web-1'));
    expect(turns.ledger().runs.get(runOf('hello'))?.settled?.phases).toEqual({ Success: 1 });
    await restart();
    await turn(on('web-1', 'web-2'));
    expect(await phases(runOf('hello'))).toEqual({ 'web-1': 'Success', 'web-2': 'Pending' });
    expect(turns.ledger().phases(runOf('hello'))).toEqual({ Success: 1, Pending: 1 });
  });

  test('that name nobody wait, and run when all of them are there', async () => {
    const absent = invocation('hello', { targets: { instances: ['web-1', 'web-9'], lateJoiners: 'Ignore' } });
    expect((await turn(seen(absent))).notes.get('hello')).toMatchObject([{ reason: 'InstanceNotFound' }]);
    expect(turns.ledger().runs.size).toBe(0);
    await enrol('web-9');
    await turn(seen(absent));
    expect(await phases(runOf('hello'))).toEqual({ 'web-1': 'Pending', 'web-9': 'Pending' });
  });

  test('that grow at the moment when the run ends run where it did not', async () => {
    const on = (...instances: string[]) =>
      seen(invocation('hello', { targets: { instances, lateJoiners: 'Ignore' } }));
    await turn(on('web-1'));
    await happen(runOf('hello'), 'web-1', ...start, succeed);
    await turn(on('web-1', 'web-2'));
    expect(await phases(runOf('hello'))).toEqual({ 'web-1': 'Success', 'web-2': 'Pending' });
    expect(turns.ledger().runs.get(runOf('hello'))?.settled).toBeUndefined();
  });

  test('that grow beyond what the guard allows are held', async () => {
    const on = (...instances: string[]) =>
      seen(invocation('hello', { targets: { instances, lateJoiners: 'Ignore' } }));
    const guard = { maxDeletions: 2, maxTargets: 1 };
    await turn(on('web-1'), guard);
    const { holds, steps } = await turn(on('web-1', 'web-2'), guard);
    expect(holds).toMatchObject([{ reason: 'ManyTargets', invocation: 'hello' }]);
    expect(steps).toEqual([]);
    turns.acked.add(holds[0]?.id ?? '');
    expect((await turn(on('web-1', 'web-2'), guard)).steps).toMatchObject([
      { do: 'extend' },
      { do: 'update' },
    ]);
  });

  test('that are rewritten to name nobody change nothing until all of them are there', async () => {
    await turn(seen(invocation('hello', { targets: { instances: ['web-1'], lateJoiners: 'Ignore' } })));
    const ghost = invocation('hello', {
      targets: { instances: ['ghost'], selector: {}, lateJoiners: 'Ignore' },
    });
    const { notes, steps } = await turn(seen(ghost));
    expect(steps).toEqual([]);
    expect(notes.get('hello')).toMatchObject([{ reason: 'InstanceNotFound' }]);
    await enrol('ghost');
    await turn(seen(ghost));
    expect(Object.keys(await phases(runOf('hello'))).sort()).toEqual(['db-1', 'ghost', 'web-1', 'web-2']);
  });

  test('that match nobody wait', async () => {
    const targets = { selector: { matchLabels: { role: 'cache' } }, lateJoiners: 'Ignore' } as const;
    const { notes } = await turn(seen(invocation('hello', { targets })));
    expect(notes.get('hello')).toMatchObject([{ type: 'Accepted', reason: 'NoInstances' }]);
  });

  test('that are more than the guard allows are held until somebody says so', async () => {
    const { holds } = await turn(seen(invocation('hello')), { maxDeletions: 2, maxTargets: 2 });
    expect(holds).toMatchObject([{ reason: 'ManyTargets', invocation: 'hello' }]);
    expect(turns.ledger().runs.size).toBe(0);
    turns.acked.add(holds[0]?.id ?? '');
    await turn(seen(invocation('hello')), { maxDeletions: 2, maxTargets: 2 });
    expect(turns.ledger().runs.size).toBe(1);
  });
});

describe('a deleted manifest', () => {
  test('cancels what has not started, lets finish what runs, and runs nothing when it comes back', async () => {
    await turn(seen(invocation('hello')));
    const run = runOf('hello');
    await happen(run, 'web-1', ...start);
    await turn(seen());
    expect(await phases(run)).toEqual({ 'web-1': 'Running', 'web-2': 'Cancelled', 'db-1': 'Cancelled' });
    expect(turns.ledger().invocations.get('hello')?.deleted).toBeDefined();
    const { steps } = await turn(seen(invocation('hello')));
    expect(steps.map((step) => step.do)).toEqual(['reinstate']);
    expect(turns.ledger().invocations.get('hello')?.deleted).toBeUndefined();
    expect(await phases(run)).toEqual({ 'web-1': 'Running', 'web-2': 'Cancelled', 'db-1': 'Cancelled' });
  });

  test('that comes back with more targets runs on those only', async () => {
    const on = (...instances: string[]) =>
      seen(invocation('hello', { targets: { instances, lateJoiners: 'Ignore' } }));
    await turn(on('web-1'));
    await happen(runOf('hello'), 'web-1', ...start, succeed);
    await turn(seen());
    await turn(on('web-1', 'web-2'));
    await turn(on('web-1', 'web-2'));
    expect(await phases(runOf('hello'))).toEqual({ 'web-1': 'Success', 'web-2': 'Pending' });
  });

  test('kills what runs where the manifest said so', async () => {
    await turn(seen(invocation('hello', { deletionPolicy: 'Stop' })));
    await happen(runOf('hello'), 'web-1', ...start);
    await turn(seen());
    expect(await phases(runOf('hello'))).toMatchObject({ 'web-1': 'Stopping' });
  });

  test('is held where it is one of too many', async () => {
    const many = ['a', 'b', 'c'].map((name) => invocation(name, { rerun: name }));
    await turn(seen(...many));
    const { holds, steps } = await turn(seen());
    expect(holds).toMatchObject([{ reason: 'ManyDeletions' }]);
    expect(steps).toEqual([]);
    turns.acked.add(holds[0]?.id ?? '');
    expect((await turn(seen())).steps.filter((step) => step.do === 'delete')).toHaveLength(3);
  });
});

describe('a file that cannot be read', () => {
  test('prunes nothing that it used to declare', async () => {
    await turn(seen(invocation('hello')));
    const { notes, steps } = await turn(catalog([greet], { unreadable: ['hello.yaml'] }));
    expect(steps).toEqual([]);
    expect(notes.get('hello')).toMatchObject([{ type: 'Held', reason: 'SnapshotUnreadable' }]);
  });

  test('does not keep another file from being deleted', async () => {
    await turn(seen(invocation('hello'), invocation('bye', { rerun: '1' })));
    const left = catalog([greet, invocation('bye', { rerun: '1' })], { unreadable: ['hello.yaml'] });
    expect((await turn(left)).steps).toEqual([]);
    // bye.yaml is there but declares nothing of that name any more.
    const gone = catalog([greet, invocation('other', { path: 'bye.yaml', rerun: 'x' })], {
      unreadable: ['hello.yaml'],
    });
    expect((await turn(gone)).steps.map((step) => step.do)).toEqual(['accept', 'delete']);
  });

  test('freezes what is missing with its file: it may have moved in there', async () => {
    await turn(seen(invocation('hello')));
    expect((await turn(catalog([greet], { unreadable: ['new.yaml'] }))).steps).toEqual([]);
  });
});

test('an Invocation that became invalid stays in force as it was', async () => {
  await turn(seen(invocation('hello')));
  const { steps } = await turn(catalog([greet], { broken: ['hello'] }));
  expect(steps).toEqual([]);
});

describe('a rename', () => {
  test('that nobody declared is held, and the old name is not pruned', async () => {
    await turn(seen(invocation('hello')));
    const { holds, steps } = await turn(seen(invocation('hullo')));
    expect(holds).toMatchObject([{ reason: 'PossibleRename', invocation: 'hullo' }]);
    expect(steps).toEqual([]);
    expect((await turn(seen(invocation('hullo')))).holds).toEqual(holds);
  });

  test('of several at once is held for each of them, whatever the order of the names', async () => {
    const on = (name: string, instance: string) =>
      invocation(name, { targets: { instances: [instance], lateJoiners: 'Ignore' } });
    await turn(seen(on('eu', 'web-1'), on('us', 'web-2')));
    for (const renamed of [
      [on('eu1', 'web-1'), on('us1', 'web-2')],
      [on('us1', 'web-2'), on('eu1', 'web-1')],
    ]) {
      const { holds, steps } = await turn(seen(...renamed));
      expect(new Set(holds.map(({ invocation }) => invocation))).toEqual(new Set(['eu1', 'us1']));
      expect(steps).toEqual([]);
    }
  });

  test('to two names holds both', async () => {
    await turn(seen(invocation('hello')));
    const { holds, steps } = await turn(seen(invocation('one'), invocation('two')));
    expect(holds).toHaveLength(2);
    expect(steps).toEqual([]);
  });

  test('that is acknowledged as none runs the new name and deletes the old', async () => {
    await turn(seen(invocation('hello')));
    turns.acked.add((await turn(seen(invocation('hullo')))).holds[0]?.id ?? '');
    expect((await turn(seen(invocation('hullo')))).steps.map((step) => step.do)).toEqual([
      'accept',
      'delete',
    ]);
  });

  test('that is declared runs nothing, also when the old name comes back', async () => {
    await turn(seen(invocation('hello')));
    for (const name of ['web-1', 'web-2', 'db-1']) await happen(runOf('hello'), name, ...start, succeed);
    const renamed = invocation('hullo', { annotations: { 'groundcrew.dev/renamed-from': 'hello' } });
    expect((await turn(seen(renamed))).steps.map((step) => step.do)).toEqual(['rename', 'settle']);
    expect((await turn(seen(renamed))).steps.map((step) => step.do)).toEqual(['settle']);
    expect(turns.ledger().phases(runOf('hullo'))).toEqual({ Success: 3 });
    // What had executed can be looked at under the new name; nothing waits.
    expect(await phases(runOf('hullo'))).toEqual({
      'web-1': 'Success',
      'web-2': 'Success',
      'db-1': 'Success',
    });
    expect(turns.ledger().liveOf(runOf('hullo')).size).toBe(0);
    expect((await turn(seen(invocation('hello'), renamed))).steps.map((step) => step.do)).toEqual([
      'reinstate',
    ]);
  });

  test('that is declared works with late joiners too, and other targets in the same commit are not lost', async () => {
    const open = { targets: { instances: ['web-1'], lateJoiners: 'Run' } } as const;
    await turn(seen(invocation('hello', open)));
    await happen(runOf('hello'), 'web-1', ...start, succeed);
    const renamed = invocation('hullo', {
      annotations: { 'groundcrew.dev/renamed-from': 'hello' },
      targets: { instances: ['web-1', 'web-2'], lateJoiners: 'Run' },
    });
    expect((await turn(seen(renamed))).steps.map((step) => step.do)).toContain('rename');
    await turn(seen(renamed));
    expect(await phases(runOf('hullo'))).toEqual({ 'web-1': 'Success', 'web-2': 'Pending' });
  });

  test('that changes something else too is held', async () => {
    await turn(seen(invocation('hello')));
    const both = invocation('hullo', { rerun: '2', annotations: { 'groundcrew.dev/renamed-from': 'hello' } });
    expect((await turn(seen(both))).notes.get('hullo')).toMatchObject([{ reason: 'RenameChangesContent' }]);
    expect(turns.ledger().invocations.get('hello')?.deleted).toBeUndefined();
  });
});

test('stop: true cancels what has not started and kills what runs', async () => {
  await turn(seen(invocation('hello')));
  await happen(runOf('hello'), 'web-1', ...start);
  await turn(seen(invocation('hello', { stop: true })));
  expect(await phases(runOf('hello'))).toEqual({
    'web-1': 'Stopping',
    'web-2': 'Cancelled',
    'db-1': 'Cancelled',
  });
  const { steps } = await turn(seen(invocation('hello', { stop: true })));
  expect(steps).toEqual([]);
});

test('an Invocation that says stop from the first never starts', async () => {
  await turn(seen(invocation('hello', { stop: true })));
  expect(Object.values(await phases(runOf('hello')))).toEqual(['Cancelled', 'Cancelled', 'Cancelled']);
});

test('what an agent claims to have run is not run again', async () => {
  const other = seen(invocation('hello', { does: { inline: shell('date') } }));
  const [wanted] = desired(other).wanted.values();
  const id = `${wanted?.id}.once.mi-web-1`;
  const end = { phase: 'Failed', at, exitCode: 3, outputBytes: 0 } as const;
  await turns.store.commit([
    { put: 'claim', key: id, value: { execution: id, offer: 7, startedAt: at, end } },
  ]);
  await turn(other);
  expect(await phases(runOf('hello'))).toEqual({ 'web-1': 'Failed', 'web-2': 'Pending', 'db-1': 'Pending' });
});

test('a run is closed when all of it has ended, and its counts stay', async () => {
  await turn(seen(invocation('hello')));
  for (const name of ['web-1', 'web-2', 'db-1']) await happen(runOf('hello'), name, ...start, succeed);
  expect((await turn(seen(invocation('hello')))).steps).toMatchObject([{ do: 'settle' }]);
  await restart();
  expect(turns.ledger().phases(runOf('hello'))).toEqual({ Success: 3 });
  expect((await turn(seen(invocation('hello')))).steps).toEqual([]);
});
