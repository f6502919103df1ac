// The reconcile loop of a controller, on its own: `reconcile-process.ts REPO DATA`. Each message is a request for
// one pass with a look; the answer is how long it took, in milliseconds, and what it did. Outside of that time,
// everything that runs on its instances ends at once, and the runs are settled: as it is with most manifests.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { usualLimits } from '../controller/manifest/limits.ts';
import { openReconciler } from '../controller/reconcile/reconciler.ts';
import { openSource } from '../controller/source/open-source.ts';
import { openBlobFolder } from '../controller/store/blob-folder.ts';
import { openLevelStore } from '../controller/store/level-store.ts';
import { openLedger } from '../controller/store/open-ledger.ts';
import { ended, putExecution, putInstance, someInstance } from '../test/support/status-fleet.ts';
import { serverCount } from './manifests.ts';

export interface PassTime {
  milliseconds: number;
  steps: number;
  problems: number;
  residentMegabytes: number;
}

const [repo = '', data = ''] = process.argv.slice(2);
const quiet = { info: () => undefined, warn: (fields: object, text: string) => console.error(text, fields) };
const source = openSource({
  repo,
  branch: 'main',
  path: 'manifests',
  dataDir: data,
  intervalSeconds: 3600,
  credentials: {},
  log: quiet,
  now: Date.now,
  random: Math.random,
  searchPath: process.env['PATH'] ?? '',
  workingFolder: process.cwd(),
});
const store = await openLevelStore(join(data, 'store'), { newEpoch: randomUUID });
const ledger = await openLedger(store);
const instances = Array.from({ length: serverCount }, (_, number) => someInstance(number));
await ledger.commit(instances.map(putInstance));
const reconciler = await openReconciler({
  source,
  ledger,
  blobs: await openBlobFolder(join(data, 'blobs')),
  limits: usualLimits,
  guard: { maxDeletions: 20, maxTargets: 20_000 },
  mostInLine: 510,
  onlineSince: () => undefined,
  hasCalled: () => false,
  now: () => new Date().toISOString(),
  clock: () => performance.now(),
  onPass: () => undefined,
  onFailure(error) {
    console.error(error);
    return false;
  },
});

process.on('message', () => void makePass().catch(fail));
process.on('disconnect', () => void end().catch(fail));

async function makePass(): Promise<void> {
  const start = performance.now();
  const { steps, outcome } = await reconciler.now();
  const answer: PassTime = {
    milliseconds: performance.now() - start,
    steps: steps.length,
    problems: outcome.problems.length,
    residentMegabytes: process.memoryUsage.rss() / 2 ** 20,
  };
  await endAll();
  process.send?.(answer);
}

async function endAll(): Promise<void> {
  const live = instances.flatMap(({ id }) => [...ledger.liveOn(id).values()]);
  await ledger.commit(live.map((execution) => putExecution({ ...execution, state: ended('Success') })));
  await reconciler.now();
}

async function end(): Promise<void> {
  await reconciler.close();
  await source.close();
  await store.close();
  process.exit(0);
}

function fail(error: unknown): void {
  console.error(error);
  process.exit(1);
}
