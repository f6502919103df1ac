import { afterEach, beforeEach, expect, test } from 'vitest';
import { crowd } from '../../test/support/status-crowd.ts';
import { putInstance, putRun, someInstance, someRun } from '../../test/support/status-fleet.ts';
import { type StatusScene, statusScene } from '../../test/support/status-scene.ts';
import { documentsOf } from './documents.ts';

let scene: StatusScene;
beforeEach(async () => {
  scene = await statusScene();
});
afterEach(() => scene.close());

test('an invocation on 10,000 instances adds at most 5 KiB to the repository, accepted and ended', async () => {
  const instances = Array.from({ length: 10_000 }, (_, n) => someInstance(n));
  await scene.commit(...instances.map(putInstance));
  const { ledger, end } = crowd(
    scene.ledger,
    instances.map(({ id }) => id),
  );
  const writer = scene.writer({ ledger, documents: documentsOf(ledger, () => scene.outcome) });
  await writer.flush();
  const before = packedKiB();

  const runs = Array.from({ length: 200 }, (_, n) => someRun(`invocation-${n}`));
  for (let n = 0; n < runs.length; n += 10) {
    const some = runs.slice(n, n + 10);
    await scene.commit(...some.flatMap((run) => putRun(run)));
    await writer.flush();
    for (const run of some) {
      end(run);
      await scene.commit(...putRun(run));
    }
    expect(await writer.flush()).toMatchObject({ is: 'published', files: 10 });
  }
  const grown = (packedKiB() - before) / runs.length;
  expect(grown, 'KiB of Git for each invocation').toBeLessThan(5);
  // Three for the instances, and two for every ten invocations.
  expect(scene.history()).toHaveLength(3 + 2 * 20);
}, 120_000);

function packedKiB(): number {
  scene.remote.git('gc', '--quiet', '--prune=now');
  return Number(/^size-pack: (\d+)/m.exec(scene.remote.git('count-objects', '-v'))?.[1]);
}
