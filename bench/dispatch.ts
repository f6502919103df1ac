// One Invocation on every agent, and what that costs the controller: from the commit until the result of the last
// one is acknowledged. The floor is a bare Fastify long poll with the same rows in LevelDB (floor/), with as many
// agents, in the same run. Also what it leaves in Git.
import { scratch, startController } from '../test/support/processes.ts';
import type { Bench, BenchOptions, Figure } from './figure.ts';
import { simulatedFleet } from './fleet.ts';
import { startLongPollServer } from './floor/start-long-poll-server.ts';
import { everybody, invocationText, manyManifests, usualScript } from './manifests.ts';
import { cpuSeconds, memory, sleep } from './proc.ts';
import { benchRepository } from './repository.ts';
import { median } from './rounds.ts';

export const dispatch: Bench = async (options) => {
  const small = await waves(1000, options);
  return options.quick ? small : [...small, ...(await waves(10_000, options))];
};

const statusBranch = 'refs/heads/groundcrew-status';

/** What a wave took: of the process' CPU, and of the clock. */
interface Cost {
  cpu: number;
  wall: number;
}

async function waves(agents: number, { quick, say }: BenchOptions): Promise<Figure[]> {
  const room = scratch();
  const repository = benchRepository(room.path('repo.git'));
  await repository.commit(manyManifests(10, () => 1));
  const controller = await startController({ repo: repository.folder, data: room.path('data') });
  const bare = await startLongPollServer(room.path('floor'));
  const pid = controller.child.pid ?? 0;
  const ends: (() => unknown)[] = [];
  try {
    say(`${agents} agents enrol`);
    const before = memory(pid).rss;
    const code = JSON.parse(controller.cli('enrol', 'create', '--uses', String(agents), '-o', 'json')).code;
    const ours = await simulatedFleet('ours', controller.url, agents, code);
    ends.push(ours.end);
    const floor = await simulatedFleet('floor', bare.url, agents);
    ends.push(floor.end);
    await sleep(quick ? 5 : 15);
    const perAgent = ((memory(pid).rss - before) * 1024) / agents;

    const oursCosts: Cost[] = [];
    const floorCosts: Cost[] = [];
    const git: number[] = [];
    const count = quick ? 3 : 6;
    for (let wave = 1; wave <= count; wave += 1) {
      say(`wave ${wave} of ${count}`);
      const script = usualScript(wave);
      const commit = await repository.stage([
        [`manifests/wave-${wave}.yaml`, invocationText(`wave-${wave}`, script, everybody)],
      ]);
      const tip = repository.tip(statusBranch);
      oursCosts.push(
        await cost(pid, async () => {
          repository.publish(commit);
          await ours.reported(wave * agents);
        }),
      );
      await sleep(13); // The status branch is flushed after 2 s of quiet, after 10 s at most.
      git.push(repository.bytesSince(tip, statusBranch) / 1024);
      floorCosts.push(
        await cost(bare.pid, async () => {
          await bare.wake(`wave-${wave}`, script);
          await floor.reported(wave * agents);
        }),
      );
    }
    const failures = [...ours.failures(), ...floor.failures()];
    if (failures.length > 0) throw new Error(`${failures.length} calls failed: ${failures[0]}`);
    const of = (costs: Cost[], what: keyof Cost): number => median(costs.slice(1).map((each) => each[what]));
    const label = `${agents.toLocaleString('en')} agents`;
    const perTask = 1e6 / agents;
    return [
      {
        what: `dispatch to ${label}: CPU of the controller for each task`,
        unit: 'µs',
        ours: of(oursCosts, 'cpu') * perTask,
        floor: of(floorCosts, 'cpu') * perTask,
        goal: { timesFloor: 2 },
        note: 'from the commit to the last 200; the pass is in it',
      },
      {
        what: `dispatch to ${label}: time`,
        unit: 'ms',
        ours: of(oursCosts, 'wall') * 1000,
        floor: of(floorCosts, 'wall') * 1000,
        note: 'servers and simulated agents share the machine',
      },
      { what: `memory of the controller for each of ${label} (RSS)`, unit: 'KiB', ours: perAgent },
      {
        what: `Git for one invocation on ${label}`,
        unit: 'KiB',
        ours: median(git.slice(1)),
        ...(agents === 10_000 && { goal: { atMost: 5 } }),
        note: 'new objects of the status branch, as Git stores them',
      },
    ];
  } finally {
    for (const end of ends) end();
    await controller.end();
    await bare.end();
    room.remove();
  }
}

async function cost(pid: number, work: () => Promise<void>): Promise<Cost> {
  const cpu = cpuSeconds(pid);
  const start = performance.now();
  await work();
  return { cpu: cpuSeconds(pid) - cpu, wall: (performance.now() - start) / 1000 };
}
