// A pass that fails half-way loses nothing: the next one does what was left.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { memoryBlobs } from '../../test/support/memory-blobs.ts';
import { snapshotOf } from '../../test/support/memory-snapshot.ts';
import { memoryStore } from '../../test/support/memory-store.ts';
import { usualLimits } from '../manifest/limits.ts';
import type { Source } from '../source/source.ts';
import type { Blobs } from '../store/blobs.ts';
import type { Ledger } from '../store/ledger.ts';
import { openLedger } from '../store/open-ledger.ts';
import type { Store } from '../store/port.ts';
import { openReconciler, type Reconciler } from './reconciler.ts';

let store: Store;
let ledger: Ledger;
let blobs: Blobs;
let reconciler: Reconciler;
let commits: Record<string, { parent?: string; files: Record<string, string> }>;
let tip: string;
let failReads: number;

beforeEach(async () => {
  store = await memoryStore();
  ledger = await openLedger(store);
  await enrol('web-1');
  blobs = memoryBlobs();
  commits = {};
  failReads = 0;
  reconciler = await open();
});

afterEach(async () => {
  await reconciler.close();
  await store.close();
});

function open(): Promise<Reconciler> {
  return openReconciler({
    limits: usualLimits,
    source,
    ledger,
    blobs,
    guard: { maxDeletions: 1, maxTargets: 10 },
    mostInLine: 100,
    onlineSince: () => undefined,
    hasCalled: () => false,
    now: () => new Date().toISOString(),
    clock: () => performance.now(),
    onPass: () => undefined,
    onFailure: () => true,
  });
}

const follows = (ancestor: string, commit: string | undefined): boolean =>
  commit !== undefined && (ancestor === commit || follows(ancestor, commits[commit]?.parent));

/** A source of commits in memory, whose reads can fail. */
const source: Source = {
  look: async () => ({ is: 'at', commit: tip }),
  snapshot: async (commit) => {
    const snapshot = snapshotOf(commits[commit]?.files ?? {}, commit);
    return {
      ...snapshot,
      read: async (blobs, limit) => {
        if (blobs.length > 0 && failReads-- > 0) throw new Error('git went away');
        return snapshot.read(blobs, limit);
      },
    };
  },
  isAncestor: async (ancestor, commit) => follows(ancestor, commit),
  has: async (commit) => commits[commit] !== undefined,
  pin: async () => undefined,
  watch: () => () => undefined,
  close: async () => undefined,
};

async function enrol(name: string): Promise<void> {
  const id = `mi-${name}`;
  const facts = { hostname: name, os: 'linux', arch: 'x64', agentVersion: '0', bootId: 'b' };
  const value = { id, name, labels: {}, ownLabels: {}, publicKey: id, facts, enrolledAt: '', offers: 0 };
  await ledger.commit([{ put: 'instance', key: id, value }]);
}

/** A commit with one Invocation for each name. */
function commit(id: string, parent: string | undefined, ...names: string[]): void {
  const files = Object.fromEntries(names.map((name) => [`manifests/${name}.yaml`, manifest(name)]));
  commits[id] = parent === undefined ? { files } : { parent, files };
  tip = id;
}

function manifest(name: string): string {
  return `apiVersion: groundcrew.dev/v1
kind: Invocation
metadata: {name: ${name}}
spec:
  command: {type: RunShellScript, content: echo ${name}}
  targets: {selector: {}}
`;
}

test('a commit that could not be read at first is accepted with what it says, not without', async () => {
  commit('c1', undefined, 'a');
  await reconciler.now();
  commit('c2', 'c1', 'a', 'b');
  failReads = 1;
  await expect(reconciler.now()).rejects.toThrow('git went away');
  await reconciler.now();
  expect([...ledger.invocations.keys()].sort()).toEqual(['a', 'b']);
  expect(await store.get('meta', 'acceptedCommit')).toBe('c2');
});

test('steps of a plan that could not be carried out are planned again', async () => {
  commit('c1', undefined, 'a');
  await reconciler.now();
  commit('c2', 'c1', 'a', 'b');
  const { list } = store;
  let failures = 1;
  store.list = (table, range) => {
    if (table === 'claim' && failures-- > 0) throw new Error('the disk coughed');
    return list(table, range);
  };
  await expect(reconciler.now()).rejects.toThrow('the disk coughed');
  await reconciler.now();
  expect([...ledger.invocations.keys()].sort()).toEqual(['a', 'b']);
});

test('an acknowledgement lets in what it was given for, once', async () => {
  commit('c1', undefined, 'a');
  await reconciler.now();
  commit('c2', undefined, 'a', 'b');
  const [hold] = (await reconciler.now()).outcome.holds;
  expect(hold?.reason).toBe('NonFastForward');
  await reconciler.ack(hold?.id ?? '', 'ann', 'it was me');
  expect(await store.get('meta', 'acceptedCommit')).toBe('c2');
  commit('c3', 'c2', 'a', 'b');
  await reconciler.now();
  tip = 'c2';
  expect((await reconciler.now()).outcome.holds).toMatchObject([{ reason: 'NonFastForward' }]);
  expect(await store.get('meta', 'acceptedCommit')).toBe('c3');
});

test('deletions that were acknowledged are held when they come again', async () => {
  commit('c1', undefined, 'a', 'b', 'c');
  await reconciler.now();
  commit('c2', 'c1', 'c');
  const [hold] = (await reconciler.now()).outcome.holds;
  expect(hold?.reason).toBe('ManyDeletions');
  await reconciler.ack(hold?.id ?? '', 'ann', 'it was me');
  expect(ledger.invocations.get('a')?.deleted).toBeDefined();
  commit('c3', 'c2', 'a', 'b', 'c');
  await reconciler.now();
  commit('c4', 'c3', 'c');
  expect((await reconciler.now()).outcome.holds).toMatchObject([{ reason: 'ManyDeletions' }]);
  expect(ledger.invocations.get('a')?.deleted).toBeUndefined();
});
