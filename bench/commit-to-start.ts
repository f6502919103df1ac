// From a commit to the first line of its script, on a real agent. Both clocks are the machine's.
import { existsSync, readFileSync } from 'node:fs';
import { eventually, scratch, startAgent, startController } from '../test/support/processes.ts';
import type { Bench } from './figure.ts';
import { readChanges } from './floor/git-commands.ts';
import { echo } from './floor/http-round-trip.ts';
import { shell } from './floor/shell.ts';
import { bareStore } from './floor/synced-put.ts';
import { everybody, invocationText, manyManifests } from './manifests.ts';
import { sleep } from './proc.ts';
import { type BenchRepository, benchRepository } from './repository.ts';
import { rounds, timed } from './rounds.ts';

export const commitToStart: Bench = async ({ quick, say }) => {
  const room = scratch();
  const repository = benchRepository(room.path('repo.git'));
  await repository.commit(manyManifests(100, () => 1));
  // The floor has its own repository: the controller shall not work while the floor is measured.
  const bare = benchRepository(room.path('bare.git'));
  let before = await bare.commit(manyManifests(100, () => 1));
  const controller = await startController({ repo: repository.folder, data: room.path('controller') });
  const agent = await startAgent(controller, { name: 'bench-1', data: room.path('agent') });
  const http = await echo();
  const store = await bareStore(room.path('floor'));
  let number = 0;

  /** The next commit, staged, and the file that its script tells its first moment in. */
  async function stageNext(on: BenchRepository): Promise<{ commit: string; told: string }> {
    number += 1;
    const told = room.path(`started-${number}`);
    const script = `date +%s%N > ${told}`;
    const file = [
      `manifests/run-${number}.yaml`,
      invocationText(`run-${number}`, script, everybody),
    ] as const;
    return { commit: await on.stage([file]), told };
  }

  async function ours(): Promise<number> {
    const { commit, told } = await stageNext(repository);
    await sleep(1.5); // The controller has finished with the last one, its status commit included.
    const start = performance.timeOrigin + performance.now();
    repository.publish(commit);
    const nanoseconds = await eventually('the script has started', () => {
      const text = existsSync(told) ? readFileSync(told, 'utf8') : '';
      return text.endsWith('\n') ? text : undefined;
    });
    return Number(nanoseconds) / 1e6 - start;
  }

  async function floor(): Promise<number> {
    const { commit } = await stageNext(bare);
    const parent = before;
    before = commit;
    return timed(async () => {
      bare.publish(commit);
      await readChanges(bare.folder, parent);
      await store.put(1, 'x'.repeat(300));
      await http.roundTrip();
      await shell();
    });
  }

  try {
    say('a controller on 100 manifests and one agent');
    await sleep(2);
    const medians = await rounds(quick ? 3 : 20, ours, floor);
    return [
      {
        what: 'commit → first line of the script on the agent',
        unit: 'ms',
        ...medians,
        goal: { timesFloor: 2 },
        note: 'floor: update-ref, rev-parse, diff-tree, cat-file, a synced put, an HTTP round trip, sh',
      },
    ];
  } finally {
    await agent.end();
    await controller.end();
    await http.close();
    await store.close();
    room.remove();
  }
};
