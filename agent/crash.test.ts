// kill -9 at every step that the agent takes from an order to its report, and then at random moments. Whatever the
// moment: each script ran once, and its result arrived.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AgentTools, makeAgentTools } from '../test/support/agent-process.ts';
import { type FakeController, startFakeController } from '../test/support/fake-controller.ts';

const hook = pathToFileURL(fileURLToPath(new URL('../test/support/crash-at.mjs', import.meta.url))).href;

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

/** Enrols and goes away, so that the story begins with a session. */
async function enrolled(): Promise<void> {
  const agent = tools.start(controller.url, controller.code);
  while (controller.sessions.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  await agent.kill('SIGTERM');
}

const steps = ['write', 'fdatasync', 'mkdirSync', 'rmSync', 'spawn', 'request'] as const;
const moments = steps.flatMap((step) =>
  (step === 'request' ? [1, 2, 3, 4, 5, 6, 7, 8] : [1, 2, 3, 4]).flatMap((count) =>
    ['before', 'after'].map((moment) => `${step} ${moment} ${count}`),
  ),
);

test('an agent that is killed at any step runs each script once and says how it ended', async () => {
  await enrolled();
  const crashed: string[] = [];
  for (const moment of moments) {
    const slow = offer(`slow:${moment}`, 'sleep 0.2; ');
    const quick = offer(`quick:${moment}`);
    const doomed = tools.start(controller.url, undefined, {
      node: ['--import', hook],
      env: { CRASH_AT: moment },
    });
    const ends = Promise.all([controller.ended(slow), controller.ended(quick)]);
    const how = await Promise.race([doomed.exited, ends.then(() => 'done')]);
    if (how === 'SIGKILL') crashed.push(moment);
    else await doomed.kill('SIGTERM');
    const heir = tools.start(controller.url);
    for (const { phase, exitCode } of await ends)
      expect({ moment, phase, exitCode }).toEqual({ moment, phase: 'Failed', exitCode: 3 });
    await heir.kill('SIGTERM');
    expect(runs()).toMatchObject({ [`slow:${moment}`]: 1, [`quick:${moment}`]: 1 });
  }
  expect(Object.values(runs()).every((count) => count === 1)).toBe(true);
  // The moments are only worth something if they come.
  expect(crashed.length).toBeGreaterThanOrEqual(24);
  expect(steps.filter((step) => !crashed.some((moment) => moment.startsWith(step)))).toEqual([]);
}, 180_000);

test('an agent that is killed again and again at random moments loses and repeats nothing', async () => {
  await enrolled();
  let seed = 20_261_123;
  const random = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
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
  let seed = 7;
  const random = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
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
  await enrolled();
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
  await enrolled();
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
  await enrolled();
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
  await enrolled();
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
