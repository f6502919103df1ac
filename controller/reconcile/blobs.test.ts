// What runs need is kept before they are accepted, and as long as something needs it.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sha256 } from '../../schemas/digest.ts';
import { memoryBlobs } from '../../test/support/memory-blobs.ts';
import { type FixtureFile, snapshotOf } from '../../test/support/memory-snapshot.ts';
import { memoryStore } from '../../test/support/memory-store.ts';
import { usualLimits } from '../manifest/limits.ts';
import { transition } from '../run/transition.ts';
import type { Source } from '../source/source.ts';
import type { Blobs } from '../store/blobs.ts';
import type { Ledger } from '../store/ledger.ts';
import { openLedger } from '../store/open-ledger.ts';
import type { Store } from '../store/port.ts';
import { openReconciler, type Reconciler } from './reconciler.ts';

let store: Store;
let ledger: Ledger;
let contents: Map<string, Buffer>;
let blobs: Blobs;
let commits: { id: string; files: Record<string, FixtureFile> }[];
let lostObjects: Set<string>;
let reconciler: Reconciler;

beforeEach(async () => {
  store = await memoryStore();
  ledger = await openLedger(store);
  contents = new Map();
  blobs = memoryBlobs(contents);
  commits = [];
  lostObjects = new Set();
  const facts = { hostname: 'a', os: 'linux', arch: 'x64', agentVersion: '0', bootId: 'b' };
  const value = {
    id: 'mi-a',
    name: 'a',
    labels: {},
    ownLabels: {},
    publicKey: '',
    facts,
    enrolledAt: '',
    offers: 0,
  };
  await ledger.commit([{ put: 'instance', key: value.id, value }]);
  reconciler = await openReconciler({
    source,
    ledger,
    get blobs() {
      return blobs;
    },
    limits: usualLimits,
    guard: { maxDeletions: 10, maxTargets: 10 },
    mostInLine: 510,
    onlineSince: () => undefined,
    hasCalled: () => false,
    now: () => new Date().toISOString(),
    clock: () => performance.now(),
    onPass: () => undefined,
    onFailure: () => true,
  });
});

afterEach(async () => {
  await reconciler.close();
  await store.close();
});

const index = (commit: string) => commits.findIndex(({ id }) => id === commit);
const source: Source = {
  look: async () => ({ is: 'at', commit: commits.at(-1)?.id ?? '' }),
  async snapshot(commit) {
    const snapshot = snapshotOf(commits[index(commit)]?.files ?? {}, commit);
    return {
      ...snapshot,
      read: async (ids, limit) => {
        if (ids.some((id) => lostObjects.has(id))) throw new Error('the repository does not have the object');
        return snapshot.read(ids, limit);
      },
    };
  },
  isAncestor: async (ancestor, commit) => index(ancestor) >= 0 && index(ancestor) <= index(commit),
  has: async (commit) => index(commit) >= 0,
  pin: async () => undefined,
  watch: () => () => undefined,
  close: async () => undefined,
};

const manifest = (spec: string, name = 'send') =>
  `apiVersion: groundcrew.dev/v1\nkind: Invocation\nmetadata: {name: ${name}}\nspec:\n  targets: {selector: {}}\n${spec}`;
const sending = (content: string, name = 'send') =>
  manifest(`  sendFile: {name: motd, targetDir: /etc, ${content}}\n`, name);

async function push(files: Record<string, FixtureFile>) {
  commits.push({ id: `c${commits.length}`, files });
  return reconciler.now();
}

/** As an agent would report it. */
async function endAll(): Promise<void> {
  for (const run of ledger.runs.keys())
    for (const execution of ledger.liveOf(run).values()) {
      const end = { phase: 'Success', at: new Date().toISOString(), outputBytes: 0 } as const;
      const state = transition(execution.state, { event: 'ended', end });
      if (state === undefined) throw new Error('it has ended');
      await ledger.commit([{ put: 'execution', key: execution.id, value: { ...execution, state } }]);
    }
}

const kept = () => [...contents.values()].map(String).sort();

test('a file, and content in a manifest, is kept when its run is there', async () => {
  const files = { 'a.bin': 'from a file', 'manifests/a.yaml': sending('source: ../a.bin') };
  await push({ ...files, 'manifests/b.yaml': sending('content: from a manifest', 'other') });
  expect(kept()).toEqual(['from a file', 'from a manifest']);
  expect([...ledger.runs.values()].map(({ work }) => work.does)).toEqual(['send', 'send']);
});

test('a blob is kept before the run that needs it is in the ledger', async () => {
  const before: number[] = [];
  const { keep } = blobs;
  blobs.keep = async (...asked) => {
    before.push(ledger.runs.size);
    await new Promise((resolve) => setTimeout(resolve, 20));
    before.push(ledger.runs.size);
    await keep(...asked);
  };
  await push({ 'manifests/a.yaml': sending('content: x') });
  expect(before).toEqual([0, 0]);
  expect(ledger.runs.size).toBe(1);
});

test('a full disk accepts what needs no room, says what it could not keep, and tries again', async () => {
  const { keep } = blobs;
  blobs.keep = () => Promise.reject(new Error('ENOSPC: no space left on device'));
  const run = manifest('  command: {type: RunShellScript, content: date}\n', 'other');
  const { outcome } = await push({ 'manifests/a.yaml': sending('content: x'), 'manifests/b.yaml': run });
  expect([...ledger.invocations.keys()]).toEqual(['other']);
  expect(outcome.invocationConditions.get('send')).toMatchObject([
    {
      type: 'Accepted',
      status: 'False',
      reason: 'BlobUnavailable',
      message: expect.stringContaining('ENOSPC'),
    },
  ]);
  await reconciler.now();
  expect([...ledger.invocations.keys()]).toEqual(['other']);
  blobs.keep = keep;
  const later = await reconciler.now();
  expect([...ledger.invocations.keys()].sort()).toEqual(['other', 'send']);
  expect(later.outcome.invocationConditions.get('send')).toBeUndefined();
  expect(kept()).toEqual(['x']);
});

test('what was in force stays in force while the file of the next version cannot be kept', async () => {
  await push({ 'manifests/a.yaml': sending('content: one') });
  const [first] = ledger.runs.keys();
  lostObjects.add(sha256('two'));
  // It was read once for its digest; it is gone when it is to be kept.
  const files = { 'a.bin': 'two', 'manifests/a.yaml': sending('source: ../a.bin') };
  const digest = lostObjects;
  lostObjects = new Set();
  const { keep } = blobs;
  blobs.keep = () => {
    lostObjects = digest;
    return Promise.reject(new Error('EIO'));
  };
  await push(files);
  blobs.keep = keep;
  const { outcome } = await reconciler.now();
  expect(ledger.invocations.get('send')?.run).toBe(first);
  expect(outcome.invocationConditions.get('send')).toMatchObject([{ reason: 'BlobUnavailable' }]);
  lostObjects = new Set();
  await reconciler.now();
  expect(ledger.invocations.get('send')?.run).not.toBe(first);
});

test('what nothing needs any more is removed: not while the manifest asks for it, nor while a run goes on', async () => {
  await push({ 'manifests/a.yaml': sending('content: one') });
  await push({ 'manifests/a.yaml': sending('content: two') });
  // The first has not been offered, and was cancelled; its run is settled by the next pass.
  await reconciler.now();
  expect(kept()).toEqual(['two']);
  await push({});
  await endAll();
  await reconciler.now();
  expect(kept()).toEqual([]);
});

test('a revert keeps again what it may need, for the instances that may yet come', async () => {
  await push({ 'manifests/a.yaml': sending('content: one') });
  await push({ 'manifests/a.yaml': sending('content: two') });
  await reconciler.now();
  expect(kept()).toEqual(['two']);
  await push({ 'manifests/a.yaml': sending('content: one') });
  expect(kept()).toContain('one');
});

test('a run that is under way keeps its file although its manifest is gone', async () => {
  await push({ 'manifests/a.yaml': sending('content: one') });
  const [execution] = ledger.liveOn('mi-a').values();
  if (execution === undefined) throw new Error('nothing to do');
  const state = { is: 'running', offer: 1, startedAt: new Date().toISOString() } as const;
  await ledger.commit([{ put: 'execution', key: execution.id, value: { ...execution, state } }]);
  await push({});
  expect(kept()).toEqual(['one']);
  await endAll();
  await reconciler.now();
  expect(kept()).toEqual([]);
});

test('a large script is kept for its Command, and not among the scripts', async () => {
  const script = `exit\n${'#'.repeat(100_000)}`;
  const command =
    'apiVersion: groundcrew.dev/v1\nkind: Command\nmetadata: {name: big}\nspec:\n  type: RunShellScript\n  contentFrom: {file: big.sh}\n';
  await push({
    'manifests/big.sh': script,
    'manifests/a.yaml': command,
    'manifests/b.yaml': manifest('  commandRef: {name: big}\n', 'run'),
  });
  expect(kept()).toEqual([script]);
  expect(ledger.commands.get('big')?.blob).toEqual({ sha256: sha256(script), size: script.length });
  expect([...ledger.runs.values()][0]?.work).toMatchObject({ command: { blob: { size: script.length } } });
  expect(await store.get('script', sha256(script))).toBeUndefined();
});

test('a blob that was lost is fetched again: from what is in force, and from an older commit', async () => {
  await push({ 'manifests/a.yaml': sending('content: one') });
  await push({ 'manifests/a.yaml': sending('content: two') });
  const blob = (text: string) => ({ sha256: sha256(text), size: text.length });
  contents.clear();
  expect(await reconciler.refetch(blob('two'), 'c1')).toBe(true);
  expect(await reconciler.refetch(blob('one'), 'c0')).toBe(true);
  expect(kept()).toEqual(['one', 'two']);
  expect(await reconciler.refetch(blob('three'), 'c0')).toBe(false);
  expect(await reconciler.refetch(blob('one'), 'gone')).toBe(false);
});
