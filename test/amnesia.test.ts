// The store is lost. The status branch and the agents' journals are enough to go on: what has run never runs again.
import { readFileSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  eventually,
  type RunningController,
  type RunningProcess,
  type Scratch,
  scratch,
  start,
  startAgent,
  startController,
} from './support/processes.ts';
import { makeRepository, type Repository } from './support/repository.ts';

let folder: Scratch;
let repository: Repository;
let controller: RunningController;
const agents: RunningProcess[] = [];

beforeAll(async () => {
  folder = scratch();
  repository = makeRepository(folder.path());
  repository.push({ '../README.md': 'x\n' });
  controller = await startController({ repo: repository.bare, data: folder.path('controller') });
  for (const name of ['web-1', 'web-2']) {
    agents.push(await startAgent(controller, { name, data: folder.path(name), labels: { role: 'web' } }));
  }
}, 60_000);

afterAll(async () => {
  await Promise.all(agents.map((agent) => agent.end()));
  await controller?.end();
  folder.remove();
});

function count(name: string, more = ''): string {
  return `
apiVersion: groundcrew.dev/v1
kind: Invocation
metadata:
  name: ${name}
spec:
  command:
    type: RunShellScript
    content: |
      echo "${name} $GROUNDCREW_EXECUTION" >> ${folder.path('witness')}
${more}
  targets:
    selector:
      matchLabels:
        role: web
`;
}

const witnessed = (name: string): string[] =>
  readFileSync(folder.path('witness'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith(`${name} `));

const epochInGit = (): string | undefined =>
  repository.status().flatMap(({ kind, status }) => (kind === 'ControllerStatus' ? [status.epoch] : []))[0];

async function loseTheStore(): Promise<void> {
  const port = Number(new URL(controller.url).port);
  await controller.end('SIGKILL');
  rmSync(folder.path('controller', 'store'), { recursive: true });
  controller = await startController({ repo: repository.bare, data: folder.path('controller'), port });
}

test('what has ended does not run again, and says so as before', async () => {
  repository.push({ 'once.yaml': count('once') });
  const before = await eventually('once is Finished', () => {
    const status = repository.invocation('once');
    return status?.state === 'Finished' ? status : undefined;
  });
  const epoch = epochInGit();
  await loseTheStore();
  controller.cli('reconcile');
  await eventually('the new memory is in the status', () => (epochInGit() === epoch ? undefined : true));
  expect(repository.invocation('once')).toMatchObject({ state: 'Finished', run: { id: before.run?.id } });
  expect(repository.invocation('once')?.counts).toEqual(before.counts);
  expect(repository.invocation('once')?.instances).toEqual(before.instances);
  expect(repository.invocation('once')?.conditions).toEqual([]);
  expect(witnessed('once')).toHaveLength(2);
});

test('what is under way is not started a second time, and nobody pretends to know how it ended', async () => {
  repository.push({ 'slow.yaml': count('slow', '      sleep 8') });
  await eventually('slow is Running in Git', () =>
    repository.invocation('slow')?.run?.phases['Running'] === 2 ? true : undefined,
  );
  await loseTheStore();
  const status = await eventually('slow has another end', () => {
    const now = repository.invocation('slow');
    return now?.state === 'Failed' ? now : undefined;
  });
  expect(status.run?.phases).toEqual({ Unknown: 2 });
  expect(witnessed('slow')).toHaveLength(2);
});

test('a controller that cannot read what has run starts nothing and writes nothing, also when it is stopped', async () => {
  const port = Number(new URL(controller.url).port);
  const text = repository.breakStatusOf('slow');
  await controller.end('SIGKILL');
  rmSync(folder.path('controller', 'store'), { recursive: true });
  const waiting = start([
    'controller',
    '--repo',
    repository.bare,
    '--data',
    folder.path('controller'),
    '--listen',
    `127.0.0.1:${port}`,
  ]);
  await eventually(
    'it says that it cannot begin',
    () => waiting.output().includes('nothing runs until it can') || undefined,
  );
  expect((await fetch(new URL('/healthz', controller.url))).status).toBe(200);
  expect((await fetch(new URL('/readyz', controller.url))).status).toBe(503);
  await waiting.end('SIGTERM');
  expect(waiting.child.exitCode).toBe(0);
  expect(repository.invocation('once')?.run).toBeDefined();
  repository.mendStatusOf('slow', text);
  controller = await startController({ repo: repository.bare, data: folder.path('controller'), port });
  controller.cli('reconcile');
  expect(witnessed('once')).toHaveLength(2);
  expect(witnessed('slow')).toHaveLength(2);
});

test('machines that had enrolled go on, and new work runs once on each', async () => {
  repository.push({ 'next.yaml': count('next') });
  // An agent that has called in vain for a while pauses up to 30 s between two calls.
  await eventually(
    'next is Finished',
    () => (repository.invocation('next')?.counts.Finished === 2 ? true : undefined),
    45,
  );
  expect(witnessed('next')).toHaveLength(2);
  expect(witnessed('once')).toHaveLength(2);
  expect(witnessed('slow')).toHaveLength(2);
}, 60_000);
