import { MemoryLevel } from 'memory-level';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { memoryRows, memoryStore } from '../../test/support/memory-store.ts';
import { offered, shellRun, waiting } from '../../test/support/run.ts';
import type { Execution, ExecutionState } from '../run/execution.ts';
import type { Run } from '../run/run.ts';
import type { Ledger } from './ledger.ts';
import { openLedger } from './open-ledger.ts';
import type { Change, Instance, Store } from './port.ts';
import { rowStore } from './row-store.ts';
import type { Rows } from './rows.ts';

const at = '2026-12-01T08:00:00.000Z';
const success: ExecutionState = { is: 'ended', end: { phase: 'Success', at, outputBytes: 0 } };

describe('a ledger', () => {
  let store: Store;
  let ledger: Ledger;

  beforeEach(async () => {
    store = await memoryStore();
    ledger = await openLedger(store);
  });
  afterEach(() => store.close());

  it('shows a change at once, and resolves when it is on disk', async () => {
    const committed = ledger.commit([run('r-1'), execution('r-1', 'mi-1', waiting)]);
    expect(ledger.live('r-1.once.mi-1')?.state).toEqual(waiting);
    expect([...ledger.liveOn('mi-1').keys()]).toEqual(['r-1.once.mi-1']);
    expect([...ledger.liveOf('r-1').keys()]).toEqual(['r-1.once.mi-1']);
    expect(ledger.phases('r-1')).toEqual({ Pending: 1 });
    await committed;
    expect(await store.get('execution', 'r-1.once.mi-1')).toMatchObject({ state: waiting });
  });

  it('forgets an execution that ended, but not that it did', async () => {
    await ledger.commit([run('r-1'), execution('r-1', 'mi-1', waiting), execution('r-1', 'mi-2', waiting)]);
    await ledger.commit([execution('r-1', 'mi-1', success)]);
    expect(ledger.live('r-1.once.mi-1')).toBeUndefined();
    expect(ledger.liveOn('mi-1').size).toBe(0);
    expect(ledger.phases('r-1')).toEqual({ Pending: 1, Success: 1 });
    expect(await store.get('execution', 'r-1.once.mi-1')).toMatchObject({ state: success });
  });

  it('counts an execution that is cancelled before anybody saw it', async () => {
    await ledger.commit([run('r-1'), execution('r-1', 'mi-1', success)]);
    expect(ledger.phases('r-1')).toEqual({ Success: 1 });
    expect(ledger.liveOf('r-1').size).toBe(0);
  });

  it('takes the phases of a settled run from its record, and counts on from them if it is reopened', async () => {
    await ledger.commit([run('r-1'), execution('r-1', 'mi-1', waiting)]);
    const settled = { at, phases: { Success: 1 } };
    await ledger.commit([execution('r-1', 'mi-1', success), run('r-1', { settled })]);
    expect(ledger.phases('r-1')).toEqual({ Success: 1 });
    await ledger.commit([execution('r-1', 'mi-2', waiting), run('r-1')]);
    expect(ledger.phases('r-1')).toEqual({ Success: 1, Pending: 1 });
  });

  it('refuses what would lose a live execution at the next start', async () => {
    await ledger.commit([run('r-1'), execution('r-1', 'mi-1', waiting)]);
    const settled = run('r-1', { settled: { at, phases: {} } });
    await expect(ledger.commit([settled])).rejects.toThrow('run r-1 is closed while r-1.once.mi-1 is live');
    await expect(ledger.commit([execution('r-1', 'mi-2', waiting)])).rejects.toThrow('run that is settled');
    await expect(ledger.commit([execution('r-9', 'mi-1', waiting)])).rejects.toThrow('run that is not there');
    await expect(ledger.commit([{ delete: 'run', key: 'r-1' }])).rejects.toThrow('closed while');
  });

  it('orders what is live on an instance by when it was accepted, also for an instance that joins late', async () => {
    await ledger.commit([
      run('r-2', { acceptedAt: '2' }),
      run('r-9', { acceptedAt: '1' }),
      run('r-3', { acceptedAt: '2' }),
    ]);
    const walked: string[] = [];
    await ledger.commit([execution('r-3', 'mi-1', waiting), execution('r-2', 'mi-1', waiting)]);
    for (const id of ledger.liveOn('mi-1').keys()) {
      walked.push(id);
      await ledger.commit([execution('r-9', 'mi-1', waiting)]);
    }
    expect(new Set(walked).size).toBe(walked.length);
    expect([...ledger.liveOn('mi-1').keys()]).toEqual(['r-9.once.mi-1', 'r-2.once.mi-1', 'r-3.once.mi-1']);
    await ledger.commit([execution('r-2', 'mi-1', offered(1))]);
    expect([...ledger.liveOn('mi-1').keys()]).toEqual(['r-9.once.mi-1', 'r-2.once.mi-1', 'r-3.once.mi-1']);
  });

  it('finds an instance by id or by name; of two with a name the one that enrolled last', async () => {
    await ledger.commit([instance('mi-1', { enrolledAt: '1' }), instance('mi-2', { enrolledAt: '2' })]);
    expect(ledger.findInstance('mi-1')?.id).toBe('mi-1');
    expect(ledger.findInstance('web')?.id).toBe('mi-2');
    await ledger.commit([instance('mi-2', { enrolledAt: '2', name: 'db' })]);
    expect(ledger.findInstance('web')?.id).toBe('mi-1');
    await ledger.commit([{ delete: 'instance', key: 'mi-1' }]);
    expect(ledger.findInstance('web')).toBeUndefined();
    expect(ledger.findInstance('db')?.id).toBe('mi-2');
  });

  it('has a new fleet version when a target may mean something else, and not otherwise', async () => {
    const versionAfter = async (...changes: Change[]): Promise<number> => {
      await ledger.commit(changes);
      return ledger.fleetVersion;
    };
    const first = await versionAfter(instance('mi-1', {}));
    expect(await versionAfter(instance('mi-1', { offers: 9, journal: 'j', labels: { role: 'web' } }))).toBe(
      first,
    );
    const named = await versionAfter(instance('mi-1', { name: 'db' }));
    const labelled = await versionAfter(instance('mi-1', { name: 'db', labels: { role: 'db' } }));
    const own = await versionAfter(
      instance('mi-1', { name: 'db', labels: { role: 'db' }, ownLabels: { rack: '1' } }),
    );
    const gone = await versionAfter({ delete: 'instance', key: 'mi-1' });
    expect(new Set([first, named, labelled, own, gone]).size).toBe(5);
    expect(await versionAfter({ delete: 'instance', key: 'mi-1' }, run('r-1'))).toBe(gone);
  });

  it('tells who listens of each commit once it is visible, until they stop', async () => {
    const heard: unknown[] = [];
    const stop = ledger.onChange((changes) => heard.push([changes.length, ledger.runs.size]));
    const committed = ledger.commit([run('r-1'), run('r-2')]);
    expect(heard).toEqual([[2, 2]]);
    stop();
    await Promise.all([committed, ledger.commit([run('r-3')])]);
    expect(heard).toHaveLength(1);
  });

  it('is settled when everything that is visible is on disk', async () => {
    const level = new MemoryLevel<string, string>();
    let finishWrite = (): void => undefined;
    const slowly: Rows['batch'] = async (changes) => {
      if (changes.some(({ key }) => key.startsWith('run:'))) {
        await new Promise<void>((resolve) => {
          finishWrite = resolve;
        });
      }
      await level.batch(changes);
    };
    const slow = await openLedger(await rowStore(memoryRows(level, slowly), { newEpoch: () => 'slow' }));
    await slow.settled();
    const heard: string[] = [];
    const hear = async (what: string, promise: Promise<void>): Promise<void> => {
      await promise;
      heard.push(what);
    };
    const all = [hear('run', slow.commit([run('r-1')])), hear('settled', slow.settled())];
    all.push(hear('nothing', slow.commit([])));
    await new Promise(setImmediate);
    expect([slow.runs.has('r-1'), heard]).toEqual([true, []]);
    finishWrite();
    await Promise.all(all);
    expect(heard).toHaveLength(3);
    expect(await level.get('run:r-1')).toBeDefined();
    await slow.store.close();
  });

  it('rejects, and is never settled again, when the store fails', async () => {
    await store.close();
    await expect(ledger.commit([run('r-1')])).rejects.toMatchObject({ name: 'StoreFailed' });
    await expect(ledger.settled()).rejects.toMatchObject({ name: 'StoreFailed' });
    store = await memoryStore();
  });
});

function run(id: string, more: Partial<Run> = {}): Change {
  const value: Run = {
    id,
    digest: id,
    digestWithoutName: id,
    invocation: 'hello',
    ...shellRun('d'),
    acceptedAt: at,
    source: { commit: 'c', path: 'hello.yaml', line: 1 },
    ...more,
  };
  return { put: 'run', key: id, value };
}

function execution(runId: string, instanceId: string, state: ExecutionState): Change {
  const id = `${runId}.once.${instanceId}`;
  const value: Execution = { id, run: runId, occurrence: 'once', instance: instanceId, state };
  return { put: 'execution', key: id, value };
}

function instance(id: string, more: Partial<Instance>): Change {
  const value: Instance = {
    id,
    name: 'web',
    labels: { role: 'web' },
    ownLabels: {},
    publicKey: id,
    facts: { hostname: 'h', os: 'linux', arch: 'x64', agentVersion: '0.1.0', bootId: 'b' },
    enrolledAt: at,
    offers: 0,
    ...more,
  };
  return { put: 'instance', key: id, value };
}
