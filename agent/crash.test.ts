// kill -9 at the steps that the agent takes from an order to its report, of its heir too, and at random moments. Whatever the
// moment: each script ran once, and its result arrived.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AgentTools, crashHook, makeAgentTools } from '../test/support/agent-process.ts';
import { type FakeController, startFakeController } from '../test/support/fake-controller.ts';

let controller: FakeController;
let tools: AgentTools;
let executions: string[] = [];

beforeEach(async () => {
  controller = await startFakeController();
  tools = makeAgentTools();
  executions = [];
});

afterEach(async () => {
  await controller.close();
  await tools.cleanUp(executions);
  expect(controller.complaints).toEqual([]);
});

function offer(name: string, script = ''): string {
  const execution = controller.offer(`echo ${name} >> ${join(tools.folder, 'witness')}; ${script}exit 3`);
  executions.push(execution);
  return execution;
}

/** How often each script ran. */
function runs(): Record<string, number> {
  const path = join(tools.folder, 'witness');
  const counted: Record<string, number> = {};
  for (const name of existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [])
    counted[name] = (counted[name] ?? 0) + 1;
  return counted;
}

const often = {
  write: 4,
  fdatasync: 4,
  mkdirSync: 4,
  linkSync: 2,
  renameSync: 3,
  rmSync: 3,
  unlinkSync: 8,
  rmdirSync: 2,
  spawn: 2,
  request: 8,
};

/** Every moment of one step, in an order that the seed says. */
function momentsOf(step: string, count: number, random: () => number): string[] {
  const all = Array.from({ length: count }, (_, at) => [
    `${step} before ${at + 1}`,
    `${step} after ${at + 1}`,
  ]);
  return all
    .flat()
    .map((moment) => ({ moment, place: random() }))
    .sort((one, other) => one.place - other.place)
    .map(({ moment }) => moment);
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

test('an agent that is killed at any step, and its heir too, runs each script once and says how it ended', async () => {
  await tools.enrolled(controller);
  const seed = 20_261_123;
  const random = seeded(seed);
  const crashed: string[] = [];
  const heirsCrashed: string[] = [];
  const byStep = Object.entries(often).map(([step, count]) => momentsOf(step, count, random));
  // Of each step some moments, and what kills the heir of each is any moment of any step.
  const moments = byStep.flatMap((all) => all.slice(0, 5));
  const heirs = byStep.flat();
  for (const moment of moments) {
    const second = heirs[Math.floor(random() * heirs.length)] ?? '';
    const story = { seed, moment, second };
    const slow = offer(`slow:${moment}`, 'sleep 0.2; ');
    const quick = offer(`quick:${moment}`);
    const ends = Promise.all([controller.ended(slow), controller.ended(quick)]);
    for (const [at, deaths] of [[moment, crashed] as const, [second, heirsCrashed] as const]) {
      const doomed = tools.start(controller.url, undefined, {
        node: ['--import', crashHook],
        env: { CRASH_AT: at },
      });
      const how = await Promise.race([doomed.exited, ends.then(() => 'done')]);
      if (how === 'SIGKILL') deaths.push(at);
      else await doomed.kill('SIGTERM');
    }
    const last = tools.start(controller.url);
    for (const { phase, exitCode } of await ends)
      expect({ ...story, phase, exitCode }).toEqual({ ...story, phase: 'Failed', exitCode: 3 });
    await last.kill('SIGTERM');
    expect(runs()).toMatchObject({ [`slow:${moment}`]: 1, [`quick:${moment}`]: 1 });
  }
  expect(Object.values(runs()).every((count) => count === 1)).toBe(true);
  // The moments are only worth something if they come.
  expect(crashed.length).toBeGreaterThanOrEqual(24);
  expect(heirsCrashed.length).toBeGreaterThanOrEqual(16);
  const steps = Object.keys(often);
  expect(steps.filter((step) => !crashed.some((moment) => moment.startsWith(step)))).toEqual([]);
}, 180_000);

test('an agent that is killed again and again at random moments loses and repeats nothing', async () => {
  await tools.enrolled(controller);
  const random = seeded(20_261_123);
  const all: string[] = [];
  for (let life = 0; life < 15; life += 1) {
    for (let n = 0; n < 4; n += 1) all.push(offer(`life${life}-${n}`, random() < 0.5 ? 'sleep 0.3; ' : ''));
    const agent = tools.start(controller.url);
    await new Promise((resolve) => setTimeout(resolve, 120 + random() * 250));
    await agent.kill('SIGKILL');
  }
  tools.start(controller.url);
  for (const execution of all)
    expect(await controller.ended(execution, 30_000)).toMatchObject({ phase: 'Failed', exitCode: 3 });
  expect(Object.keys(runs()).length).toBe(all.length);
  expect(Object.values(runs()).every((count) => count === 1)).toBe(true);
}, 120_000);

test('lost, late and repeated messages change nothing', async () => {
  const random = seeded(7);
  controller.fault = (path) => {
    if (path.endsWith('enrol')) return 'none';
    const roll = random();
    if (roll < 0.15) return 'lose the answer';
    if (roll < 0.25) return 'lose the request';
    if (roll < 0.3) return 'delay the answer';
    if (roll < 0.33) return 'wrong seal';
    if (roll < 0.36) return { status: 500, code: 'Internal' };
    if (roll < 0.38) return { status: 401, code: 'SessionUnknown' };
    return 'none';
  };
  tools.start(controller.url, controller.code);
  const all = Array.from({ length: 30 }, (_, i) =>
    offer(`n${i}`, i % 3 === 0 ? 'echo out; sleep 0.2; ' : ''),
  );
  for (const execution of all)
    expect(await controller.ended(execution, 90_000)).toMatchObject({ phase: 'Failed', exitCode: 3 });
  expect(Object.values(runs()).every((count) => count === 1)).toBe(true);
  expect(Object.keys(runs()).length).toBe(all.length);
}, 120_000);

test('what waited for its turn when the agent was killed has its turn in the next life', async () => {
  await tools.enrolled(controller);
  const first = tools.start(controller.url);
  const all = Array.from({ length: 15 }, (_, i) => offer(`w${i}`, 'sleep 1; '));
  for (const execution of all) await controller.told((m) => m.is === 'received' && m.execution === execution);
  await first.kill('SIGKILL');
  expect(Object.keys(runs()).length).toBeLessThan(15);
  tools.start(controller.url);
  for (const execution of all)
    expect(await controller.ended(execution)).toMatchObject({ phase: 'Failed', exitCode: 3 });
  expect(Object.values(runs())).toEqual(all.map(() => 1));
});

test('a timeout goes on where the killed agent left it', async () => {
  await tools.enrolled(controller);
  const execution = controller.offer('sleep 30', { timeoutSeconds: 2 });
  executions.push(execution);
  const first = tools.start(controller.url);
  await controller.told((m) => m.is === 'started' && m.execution === execution);
  const started = Date.now();
  await first.kill('SIGKILL');
  await new Promise((resolve) => setTimeout(resolve, 1000));
  tools.start(controller.url);
  expect(await controller.ended(execution)).toMatchObject({ phase: 'Timeout' });
  expect(Date.now() - started).toBeLessThan(5_000);
});

test('a script whose wrapper is killed by somebody ends as Unknown, and nothing of it is left', async () => {
  await tools.enrolled(controller);
  tools.start(controller.url);
  const execution = controller.offer('echo $PPID; sleep 30');
  executions.push(execution);
  await controller.told((m) => m.is === 'output' && m.execution === execution);
  process.kill(Number(controller.output(execution)), 'SIGKILL');
  expect(await controller.ended(execution)).toMatchObject({
    phase: 'Unknown',
    errorCode: 'ExecutionInterrupted',
  });
});

test('an agent that comes back after a boot says Unknown for what it had started', async () => {
  await tools.enrolled(controller);
  const first = tools.start(controller.url);
  const execution = controller.offer('sleep 1.5');
  executions.push(execution);
  await controller.told((m) => m.is === 'started' && m.execution === execution);
  await first.kill('SIGKILL');
  const { encodeRecord, decodeRecord } = await import('./journal/record.ts');
  const { writeFileSync } = await import('node:fs');
  const path = join(tools.dataDir, 'journal.log');
  const text = readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => {
      const record = decodeRecord(line);
      if (record === undefined) throw new Error('a damaged line');
      return encodeRecord(record.is === 'intended' ? { ...record, bootId: 'another' } : record);
    })
    .join('');
  writeFileSync(path, text);
  tools.start(controller.url);
  expect(await controller.ended(execution)).toMatchObject({
    phase: 'Unknown',
    errorCode: 'InstanceRestarted',
  });
  await new Promise((resolve) => setTimeout(resolve, 1500));
});
