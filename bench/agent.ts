// What an agent costs its machine: memory idle and after 1,000 tasks, CPU while nothing happens. The agent is
// started as people start it. The floor is a bare agent in Node, under the same flags, in the same minute.
//
// Private dirty is what the agent adds to a machine that runs Node already; RSS counts the pages of the program
// itself too, which are shared and can be dropped.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { eventually, type RunningController, scratch, startController } from '../test/support/processes.ts';
import type { Bench, Figure } from './figure.ts';
import { type LongPollServer, startLongPollServer } from './floor/start-long-poll-server.ts';
import { everybody, invocationText, manyManifests } from './manifests.ts';
import { cpuSeconds, memory, sleep } from './proc.ts';
import { type BenchRepository, benchRepository } from './repository.ts';

const bin = fileURLToPath(new URL('../bin/groundcrew.js', import.meta.url));
/** Seconds. An agent collects its garbage 2 s and 12 s after its last work; its start is work too. */
const settledAfter = 20;
const bareAgent = fileURLToPath(new URL('floor/bare-agent.mjs', import.meta.url));

export const agent: Bench = async ({ quick, say }) => {
  const room = scratch();
  const repository = benchRepository(room.path('repo.git'));
  await repository.commit(manyManifests(10, () => 1));
  const controller = await startController({ repo: repository.folder, data: room.path('controller') });
  const server = await startLongPollServer(room.path('floor'));
  const ours = startAgent(controller, room.path('agent'));
  const floor = spawn(process.execPath, [...flags(), bareAgent, server.url], { stdio: 'inherit' });
  try {
    await eventually(
      'the session of the agent is open',
      () => controller.cli('get', 'instances', '-o', 'json').includes('"online": true') || undefined,
    );
    await server.wake('first', 'true');
    await sleep(settledAfter);
    const fresh = { ours: memory(pidOf(ours)), floor: memory(pidOf(floor)) };
    const seconds = quick ? 10 : 60;
    say(`idle for ${seconds} s`);
    const share = await idleShare([pidOf(ours), pidOf(floor)], seconds);
    const tasks = quick ? 100 : 1000;
    say(`${tasks} tasks`);
    await runOnOurs(repository, room.path('told'), tasks);
    await runOnFloor(server, tasks);
    await sleep(settledAfter);
    const worked = { ours: memory(pidOf(ours)), floor: memory(pidOf(floor)) };
    const size = (what: string, of: typeof fresh, kind: 'rss' | 'privateDirty'): Figure => ({
      what,
      unit: 'MB',
      ours: of.ours[kind],
      floor: of.floor[kind],
    });
    const after = `after ${tasks.toLocaleString('en')} tasks`;
    return [
      size('agent: private dirty, idle', fresh, 'privateDirty'),
      size('agent: RSS, idle', fresh, 'rss'),
      { ...size(`agent: private dirty, ${after}`, worked, 'privateDirty'), goal: { atMost: 10 } },
      size(`agent: RSS, ${after}`, worked, 'rss'),
      {
        what: `agent: CPU of one core, idle for ${seconds} s`,
        unit: '%',
        ours: share[0] ?? Number.NaN,
        floor: share[1] ?? Number.NaN,
        goal: { atMost: 0.05 },
      },
    ];
  } finally {
    ours.kill();
    floor.kill();
    await controller.end();
    await server.end();
    room.remove();
  }
};

/** Through bin/, whose first line gives Node its flags. */
function startAgent({ url, cli }: RunningController, data: string): ChildProcess {
  const { code } = JSON.parse(cli('enrol', 'create', '-o', 'json'));
  return spawn(bin, ['agent', '--controller', url, '--data', data, '--name', 'bench-1'], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], GROUNDCREW_ENROL_CODE: code },
    stdio: 'ignore',
  });
}

/** The flags for an agent, as bin/groundcrew.js has them. */
function flags(): string[] {
  const line = readFileSync(bin, 'utf8').split('\n')[1] ?? '';
  return /agent\) exec node ((?:--\S+ )+)/.exec(line)?.[1]?.trim().split(' ') ?? [];
}

async function idleShare(pids: readonly number[], seconds: number): Promise<number[]> {
  const before = pids.map(cpuSeconds);
  await sleep(seconds);
  return pids.map((pid, at) => ((cpuSeconds(pid) - (before[at] ?? 0)) / seconds) * 100);
}

async function runOnOurs(repository: BenchRepository, told: string, tasks: number): Promise<void> {
  const batch = 100;
  for (let from = 0; from < tasks; from += batch) {
    const numbers = Array.from({ length: Math.min(batch, tasks - from) }, (_, at) => from + at);
    await repository.commit(
      numbers.map((number) => [
        `manifests/task-${number}.yaml`,
        invocationText(`task-${number}`, `echo ${number}\necho ${number} >> ${told}`, everybody),
      ]),
    );
    await eventually(
      `${from + numbers.length} tasks ran`,
      () => linesOf(told) >= from + numbers.length || undefined,
      120,
    );
  }
  if (linesOf(told) !== tasks) throw new Error(`${linesOf(told)} runs of ${tasks} tasks`);
}

async function runOnFloor(server: LongPollServer, tasks: number): Promise<void> {
  for (let done = 0; done < tasks; ) {
    const woken = await server.wake(`task-${done}`, `echo ${done}`);
    done += woken;
    if (woken === 0) await sleep(0.002);
  }
}

function linesOf(file: string): number {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0;
}

function pidOf({ pid, exitCode }: ChildProcess): number {
  if (pid === undefined || exitCode !== null) throw new Error('the agent does not run');
  return pid;
}
