import { afterEach, beforeEach, expect, test } from 'vitest';
import type { InvocationStatus, StatusDocument } from '../../schemas/generated/status.ts';
import { memoryStore } from '../../test/support/memory-store.ts';
import type { Ledger } from '../store/ledger.ts';
import { openLedger } from '../store/open-ledger.ts';
import type { Store } from '../store/port.ts';
import { type Adoption, adoptBranch, type Unreadable } from './adopt-branch.ts';

const at = '2026-01-01T00:00:00.000Z';
const fault: Unreadable = { is: 'fault', reason: 'Unreachable', message: 'no answer', hint: 'wait' };
let store: Store;
let ledger: Ledger;
let waits: number[];
let stopping: boolean;

beforeEach(async () => {
  store = await memoryStore();
  ledger = await openLedger(store);
  waits = [];
  stopping = false;
});

afterEach(() => store.close());

/** Adopts what `answers` say, one for each read; stops after the last. */
function adoptFrom(...answers: Awaited<ReturnType<Adoption['read']>>[]): Promise<number | 'stopped'> {
  return adoptBranch({
    ledger,
    read: async () => answers.shift() ?? fault,
    onUnreadable: async () => undefined,
    wait: async (seconds) => {
      waits.push(seconds);
      stopping = answers.length === 0;
    },
    isStopping: () => stopping,
    now: () => at,
  });
}

function invocation(
  phases: Record<string, number>,
  more: Partial<InvocationStatus['status']> = {},
): InvocationStatus {
  return {
    apiVersion: 'groundcrew.dev/v1',
    kind: 'InvocationStatus',
    metadata: { name: 'hello' },
    status: {
      conditions: [],
      counts: { total: 0 },
      instances: [],
      run: {
        id: 'r-2',
        digest: 'd2',
        digestWithoutName: 'n2',
        acceptedAt: at,
        source: { commit: 'c', path: 'hello.yaml', line: 4 },
        command: { type: 'RunShellScript', contentDigest: 's' },
        phases,
      },
      pastRuns: [{ id: 'r-1', digest: 'd1', acceptedAt: at, state: 'Finished', phases: { Success: 1 } }],
      ...more,
    },
  };
}

const documents = (...all: StatusDocument[]) => ({ is: 'documents', documents: all }) as const;

test('what has ended stays ended, and what was under way is Unknown', async () => {
  expect(
    await adoptFrom(documents(invocation({ Success: 2, Running: 1, Pending: 3 }, { instancesOmitted: 6 }))),
  ).toBe(1);
  expect(ledger.runs.get('r-2')?.settled?.phases).toEqual({ Success: 2, Unknown: 4 });
  expect(ledger.runs.get('r-2')).toMatchObject({ adopted: true, digestWithoutName: 'n2' });
  expect(ledger.runs.get('r-1')?.settled?.phases).toEqual({ Success: 1 });
  expect(ledger.invocations.get('hello')).toMatchObject({
    run: 'r-2',
    pastRuns: ['r-1'],
    path: 'hello.yaml',
  });
});

test('a run of which every end is known is as it was, result by result', async () => {
  const result = {
    instance: 'mi-1',
    name: 'web-1',
    state: 'Finished',
    phase: 'Failed',
    exitCode: 7,
  } as const;
  await adoptFrom(documents(invocation({ Failed: 1 }, { instances: [result], targetsDigest: 't' })));
  expect(ledger.runs.get('r-2')?.adopted).toBeUndefined();
  expect(ledger.invocations.get('hello')?.targetsDigest).toBe('t');
  expect(await store.get('execution', 'r-2.once.mi-1')).toMatchObject({
    state: { is: 'ended', end: { phase: 'Failed', exitCode: 7 } },
  });
  expect(ledger.phases('r-2')).toEqual({ Failed: 1 });
});

test('runs of which only the id is left are known too, and the accepted commit is', async () => {
  const controller: StatusDocument = {
    apiVersion: 'groundcrew.dev/v1',
    kind: 'ControllerStatus',
    metadata: { name: 'controller' },
    status: { epoch: 'e', acceptedCommit: 'c9', conditions: [], holds: [], problems: [] },
  };
  await adoptFrom(documents(invocation({ Success: 1 }, { olderRuns: ['r-0'] }), controller));
  expect(ledger.runs.has('r-0')).toBe(true);
  expect(await store.get('meta', 'acceptedCommit')).toBe('c9');
});

test('a machine keeps its key and the labels that it was given', async () => {
  await adoptFrom(
    documents({
      apiVersion: 'groundcrew.dev/v1',
      kind: 'InstanceStatus',
      metadata: { name: 'web-1', labels: { role: 'web', zone: 'a' } },
      status: {
        instance: 'mi-1',
        publicKey: 'k',
        givenLabels: { role: 'web' },
        enrolledAt: at,
        agentVersion: '1',
        os: 'linux',
      },
    }),
  );
  expect(ledger.instances.get('mi-1')).toMatchObject({
    name: 'web-1',
    publicKey: 'k',
    labels: { role: 'web' },
  });
});

test('a branch that cannot be read is asked for again, ever more slowly', async () => {
  expect(await adoptFrom(fault, fault, fault, documents())).toBe(0);
  expect(waits).toEqual([1, 2, 4]);
});

test('a controller that is stopped meanwhile has not adopted, and does not say so', async () => {
  expect(await adoptFrom(fault)).toBe('stopped');
  expect(await store.get('meta', 'adopted')).toBeUndefined();
});

test('a store that has adopted once does not ask again', async () => {
  await adoptFrom(documents());
  expect(await adoptFrom(fault)).toBe(0);
  expect(waits).toEqual([]);
});
