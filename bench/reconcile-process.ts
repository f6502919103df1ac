// The reconcile loop of a controller, on its own: `reconcile-process.ts REPO DATA`. Each message is a request for
// one pass with a look; the answer is how long it took, in milliseconds, and what it did.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { openReconciler } from '../controller/reconcile/reconciler.ts';
import { openSource } from '../controller/source/open-source.ts';
import { openLevelStore } from '../controller/store/level-store.ts';
import { openLedger } from '../controller/store/open-ledger.ts';

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
const reconciler = await openReconciler({
  source,
  ledger: await openLedger(store),
  guard: { maxDeletions: 20, maxTargets: 20_000 },
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
  process.send?.(answer);
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
