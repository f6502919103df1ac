// How what runs is ended: real agents, real processes that would rather go on.
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AgentScene, agentScene, until } from '../../test/support/agent-scene.ts';
import { findProcesses, processStatus } from '../host/process-table.ts';
import { cookieOf } from './wrapper.ts';

let scene: AgentScene;

beforeEach(async () => {
  scene = await agentScene();
});

afterEach(() => scene.close());

/** Offers it, waits until it has printed a line, and gives its numbers. */
async function running(script: string, more?: Parameters<AgentScene['offer']>[1]) {
  const execution = scene.offer(script, more);
  await scene.controller.told((m) => m.is === 'output' && m.execution === execution);
  const pids = scene.controller.output(execution).trim().split(/\s+/).map(Number);
  return { execution, pids };
}

const lives = (pid: number) => processStatus(pid)?.zombie === false;

test('what ignores TERM, has fled to its own session and writes without end is gone within its grace and two seconds', async () => {
  const agent = scene.start();
  const noise = 'while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done';
  const { execution } = await running(
    `setsid sh -c 'trap "" TERM; ${noise}' & trap "" TERM; echo begun; ${noise}`,
    {
      graceSeconds: 1,
    },
  );
  const output = join(scene.tools.dataDir, 'tasks', execution, 'output');
  const memory = privateDirtyKiB(agent.pid);
  let most = { disk: 0, memory: 0 };
  const watch = setInterval(() => {
    const disk = (statSync(output, { throwIfNoEntry: false })?.blocks ?? 0) * 512;
    most = { disk: Math.max(most.disk, disk), memory: Math.max(most.memory, privateDirtyKiB(agent.pid)) };
  }, 20);
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const stopped = performance.now();
  scene.controller.stop(execution);
  const end = await scene.controller.ended(execution);
  clearInterval(watch);
  expect(performance.now() - stopped).toBeLessThan(3_000);
  expect(performance.now() - stopped).toBeGreaterThan(1_000);
  expect(end).toMatchObject({ phase: 'Terminated' });
  expect(end.outputBytes).toBeGreaterThan(100_000);
  expect(findProcesses(cookieOf(execution))).toEqual([]);
  expect(most.disk).toBeGreaterThan(0);
  expect(most.disk).toBeLessThan(64 * 1024 * 1024);
  expect(most.memory - memory).toBeLessThan(6 * 1024);
});

test('a child that has cleared its environment and fled to its own session is found by its parent', async () => {
  scene.start();
  const hidden = `env -i setsid sh -c 'trap "" TERM; echo $$; sleep 300'`;
  const { execution, pids } = await running(`${hidden} & wait`, { graceSeconds: 1 });
  const [pid = 0] = pids;
  expect(lives(pid)).toBe(true);
  expect(findProcesses(cookieOf(execution))).not.toContain(pid);
  scene.controller.stop(execution);
  expect(await scene.controller.ended(execution)).toMatchObject({ phase: 'Terminated' });
  // Its parent was gone with the TERM that it ignored: it was remembered.
  expect(lives(pid)).toBe(false);
});

test('what stops in its grace is not killed', async () => {
  scene.start();
  const witness = join(scene.tools.folder, 'witness');
  const { execution } = await running(
    `trap 'sleep 0.5; echo tidy >${witness}; exit 0' TERM; echo up; while :; do sleep 0.1; done`,
    { graceSeconds: 10 },
  );
  scene.controller.stop(execution);
  expect(await scene.controller.ended(execution, 8_000)).toMatchObject({ phase: 'Terminated' });
  expect(readFileSync(witness, 'utf8')).toBe('tidy\n');
});

test('without a grace it is killed at once', async () => {
  scene.start();
  const { execution } = await running('trap "" TERM; echo up; while :; do sleep 0.1; done', {
    graceSeconds: 0,
  });
  const stopped = performance.now();
  scene.controller.stop(execution);
  await scene.controller.ended(execution);
  expect(performance.now() - stopped).toBeLessThan(1_500);
});

for (const how of ['stop', 'timeout'] as const)
  test(`in mode Process a ${how} ends the script's own process, and what that started lives on`, async () => {
    scene.start();
    const script = 'sleep 300 & echo $! $$; trap "" TERM; while :; do sleep 0.1; done';
    const { execution, pids } = await running(script, {
      terminationMode: 'Process',
      graceSeconds: 1,
      ...(how === 'timeout' ? { timeoutSeconds: 2 } : {}),
    });
    const [child = 0, own = 0] = pids;
    if (how === 'stop') scene.controller.stop(execution);
    const end = await scene.controller.ended(execution);
    expect(end).toMatchObject(
      how === 'stop' ? { phase: 'Terminated' } : { phase: 'Timeout', errorCode: 'ExecutionTimeout' },
    );
    expect(end.exitCode).toBeUndefined();
    expect(lives(own)).toBe(false);
    expect(lives(child)).toBe(true);
    process.kill(child, 'SIGKILL');
    await until(() => findProcesses(cookieOf(execution)).length === 0);
  });

test('an agent that was started anew still knows the mode and the grace of what runs', async () => {
  const first = scene.start();
  const { execution, pids } = await running(
    'sleep 300 & echo $! $$; trap "" TERM; while :; do sleep 0.1; done',
    {
      terminationMode: 'Process',
      graceSeconds: 1,
    },
  );
  await first.kill('SIGKILL');
  scene.start();
  const [child = 0, own = 0] = pids;
  await until(() => scene.controller.sessions.length === 2);
  const stopped = performance.now();
  scene.controller.stop(execution);
  expect(await scene.controller.ended(execution)).toMatchObject({ phase: 'Terminated' });
  expect(performance.now() - stopped).toBeLessThan(4_000);
  expect([lives(own), lives(child)]).toEqual([false, true]);
  process.kill(child, 'SIGKILL');
  await until(() => findProcesses(cookieOf(execution)).length === 0);
});

test('an agent that is started anew while it kills goes on killing', async () => {
  const first = scene.start();
  const { execution, pids } = await running('trap "" TERM; echo $$; while :; do sleep 0.1; done', {
    timeoutSeconds: 1,
    graceSeconds: 3,
  });
  const journal = join(scene.tools.dataDir, 'journal.log');
  await until(() => readFileSync(journal, 'utf8').includes('"dying"'));
  await first.kill('SIGKILL');
  expect(lives(pids[0] ?? 0)).toBe(true);
  scene.start();
  expect(await scene.controller.ended(execution)).toMatchObject({ phase: 'Timeout' });
  expect(lives(pids[0] ?? 0)).toBe(false);
});

test('no more run at once than the controller says, in order, also when it says another number', async () => {
  scene.controller.limits = { running: 2 };
  const first = scene.start();
  await until(() => scene.controller.sessions.length === 1);
  const gate = join(scene.tools.folder, 'gate');
  const all = Array.from({ length: 7 }, () => scene.offer(`while ! [ -e ${gate} ]; do sleep 0.05; done`));
  const started = () => {
    const heard = scene.controller.messages.flatMap((m) => (m.is === 'started' ? [m.execution] : []));
    return all.filter((execution) => heard.includes(execution));
  };
  await until(() =>
    all.every((one) => scene.controller.messages.some((m) => 'execution' in m && m.execution === one)),
  );
  await until(() => started().length === 2);
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(started()).toEqual(all.slice(0, 2));

  // The next life has not asked its controller yet, and keeps to what it was told.
  scene.controller.fault = () => 'lose the request';
  await first.kill('SIGTERM');
  const second = scene.start();
  await until(() => second.log().includes('Serving'));
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(all.filter((execution) => findProcesses(cookieOf(execution)).length > 0)).toEqual(all.slice(0, 2));

  scene.controller.limits = { running: 4 };
  scene.controller.fault = () => 'none';
  await until(() => started().length === 4);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(started()).toEqual(all.slice(0, 4));
  writeFileSync(gate, '');
  for (const execution of all)
    expect(await scene.controller.ended(execution)).toMatchObject({ phase: 'Success' });
  expect(existsSync(gate)).toBe(true);
});

function privateDirtyKiB(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Private_Dirty:\s+(\d+)/m.exec(text)?.[1] ?? 0);
}
