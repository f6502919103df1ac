// examples/poll-a-process: a schedule starts a program again whose process is gone.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningExample, startExample } from '../support/example.ts';
import { eventually } from '../support/processes.ts';

let example: RunningExample;
const started: number[] = [];

beforeAll(async () => {
  example = await startExample(
    'poll-a-process',
    (folder) => ({
      '/usr/local': folder.path('usr'),
      '/run': folder.path('run'),
      '/var/log': folder.path('log'),
    }),
    '--min-cron-interval',
    '1s',
  );
  for (const name of ['usr/bin', 'log']) mkdirSync(example.folder.path(name), { recursive: true });
  putWorker('while :; do sleep 1; done');
  await example.enrol({ name: 'worker-1', labels: { role: 'worker' } });
}, 60_000);

afterAll(async () => {
  await example?.end();
  for (const pid of started) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
});

const name = 'keep-worker-running';

function putWorker(script: string): void {
  const program = example.folder.path('usr/bin/worker');
  writeFileSync(program, `#!/bin/sh\necho "worker starts"\n${script}\n`);
  chmodSync(program, 0o755);
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** What the ticks said, in their order. */
const said = () => example.controller.cli('logs', name, '--occurrence', 'all');

/** Another worker than those so far, once the tick that started it has said that it runs. */
async function anotherWorker(): Promise<number> {
  const pid = await eventually('a worker runs', async () => {
    await sleep(500);
    const found = Number([...said().matchAll(/runs now as pid (\d+)/g)].at(-1)?.[1]);
    return found > 0 && !started.includes(found) ? found : undefined;
  });
  started.push(pid);
  expect(isAlive(pid)).toBe(true);
  return pid;
}

/** Until a tick has found this worker and left it alone: the one that started it has ended. */
const leftAlone = (pid: number) =>
  eventually(`a tick finds ${pid}`, async () => {
    await sleep(500);
    return said().includes(`runs as pid ${pid}\n`) || undefined;
  });

const starts = () =>
  readFileSync(example.folder.path('log/worker.log'), 'utf8').match(/worker starts/g)?.length;

/** How many ticks in Git ended like this. */
const ticks = (phase: string) =>
  example.repository.invocation(name)?.occurrences?.filter(({ phases = {} }) => phases[phase] === 1).length ??
  0;

function commit(from: string): void {
  example.commit(from, {
    'parameters.pidfile': example.folder.path('run/worker.pid'),
    'parameters.program': example.folder.path('usr/bin/worker'),
    'parameters.log': example.folder.path('log/worker.log'),
    frequency: '*/3 * * * * ?',
    timeout: '3s',
  });
}

test('the first tick starts the program, and the next ones leave it alone', async () => {
  commit('manifests');
  const pid = await anotherWorker();
  await leftAlone(pid);
  await eventually('two ticks are in Git', () => ticks('Success') >= 2 || undefined, 30);
  expect(isAlive(pid)).toBe(true);
  expect(starts()).toBe(1);
}, 60_000);

test('when its process is gone the next tick brings it back', async () => {
  process.kill(started[0] ?? 0, 'SIGKILL');
  await leftAlone(await anotherWorker());
  expect(starts()).toBe(2);
}, 60_000);

test('a program that ends at once is a tick that failed, and one that is mended is started', async () => {
  putWorker('exit 3');
  process.kill(started[1] ?? 0, 'SIGKILL');
  await eventually('a failed tick is in Git', () => ticks('Failed') > 0 || undefined);
  putWorker('while :; do sleep 1; done');
  const pid = await anotherWorker();
  await leftAlone(pid);
  expect(starts()).toBeGreaterThanOrEqual(4);
  example.types(`groundcrew logs ${name} --occurrence all`);
}, 60_000);

test('the status has an entry for each tick and the time of the next one, until it is stopped', async () => {
  const { occurrences = [], next = '' } = example.repository.invocation(name) ?? {};
  expect(occurrences.length).toBeGreaterThanOrEqual(5);
  for (const { at } of [...occurrences, { at: next }]) expect(new Date(at).getUTCSeconds() % 3).toBe(0);

  commit('then/2-stop');
  expect(await example.ended(name)).toMatchObject({ state: 'Stopped' });
  expect((await example.inGit(name)).next).toBeUndefined();
  expect(isAlive(started.at(-1) ?? 0)).toBe(true);
});

test('the README shows nothing that was not typed here', () => {
  expect(example.untyped()).toEqual([]);
});
