// What is left of what ran: for as long as it is kept, after that, and of the contents of a Command.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CommandHistory, ExecutionDocument } from '../schemas/generated/wire.ts';
import {
  eventually,
  type RunningController,
  type RunningProcess,
  type Scratch,
  scratch,
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
  repository.push({ '../README.md': 'manifests are in manifests/\n' });
  await begin();
  for (const name of ['web-1', 'web-2'])
    agents.push(await startAgent(controller, { name, data: folder.path(name) }));
}, 60_000);

afterAll(async () => {
  await Promise.all(agents.map((agent) => agent.end()));
  await controller?.end();
  folder.remove();
});

async function begin(...flags: string[]): Promise<void> {
  const port = controller === undefined ? 0 : Number(new URL(controller.url).port);
  controller = await startController(
    { repo: repository.bare, data: folder.path('controller'), port },
    ...flags,
  );
}

const greet = (word: string) => `
apiVersion: groundcrew.dev/v1
kind: Command
metadata:
  name: greet
spec:
  type: RunShellScript
  content: echo ${word} $(date +%N)
`;

const hello = (rerun: string, lateJoiners = 'Ignore') => `
apiVersion: groundcrew.dev/v1
kind: Invocation
metadata:
  name: hello
spec:
  commandRef:
    name: greet
  rerun: ${rerun}
  targets:
    selector: {}
    lateJoiners: ${lateJoiners}
`;

function executions(...filters: string[]): ExecutionDocument['status'][] {
  const { items } = JSON.parse(controller.cli('get', 'executions', '-o', 'json', ...filters));
  return items.map(({ status }: ExecutionDocument) => status);
}

function history(): CommandHistory['items'] {
  return JSON.parse(controller.cli('history', 'command', 'greet', '-o', 'json')).items;
}

async function pushed(files: Record<string, string>, executionsInAll: number): Promise<string> {
  const commit = repository.push(files);
  controller.cli('reconcile');
  await eventually(`${executionsInAll} executions have ended`, () => {
    const all = executions();
    return all.length === executionsInAll && all.every(({ endedAt }) => endedAt !== undefined)
      ? true
      : undefined;
  });
  return commit;
}

let first: string;
let edited: string;
let third: string;

test('history tells which content ran when, from which commit, and which never did', async () => {
  first = await pushed({ 'greet.yaml': greet('one'), 'hello.yaml': hello('a') }, 2);
  edited = await pushed({ 'greet.yaml': greet('two') }, 2);
  third = await pushed({ 'greet.yaml': greet('three'), 'hello.yaml': hello('b') }, 4);
  expect(history()).toMatchObject([
    { commit: third, executions: 2, invocations: ['hello'], firstRun: expect.any(String) },
    { commit: edited, executions: 0, invocations: [] },
    { commit: first, executions: 2, invocations: ['hello'] },
  ]);
  const [, never] = history();
  expect(never?.firstRun).toBeUndefined();
  expect(controller.cli('history', 'command', 'greet')).toMatch(/^CONTENT +COMMIT +RECORDED +FIRST RUN/);
  const shown = controller.cli(
    'history',
    'command',
    'greet',
    '--show',
    never?.contentDigest.slice(0, 8) ?? '',
  );
  expect(shown).toContain('echo two');
});

test('executions are found by instance, phase and time', () => {
  expect(executions('--instance', 'web-1')).toHaveLength(2);
  expect(executions('--invocation', 'hello')).toHaveLength(2);
  expect(executions('--phase', 'success', '--since', '1h')).toHaveLength(4);
  expect(executions('--phase', 'timeout')).toEqual([]);
  expect(executions('--since', '2030-01-01T00:00:00Z')).toEqual([]);
  const [newest] = executions('--newest-first', '--limit', '1');
  expect(newest?.run).toBe(executions('--invocation', 'hello')[0]?.run);
});

test('after their time results are gone, but for where the run in force has executed; history stays', async () => {
  const before = history();
  await controller.end();
  await begin('--keep-results-for', '2s');
  const left = await eventually('old executions are gone', () => {
    const all = executions();
    return all.length === 2 ? all : undefined;
  });
  expect(new Set(left.map(({ run }) => run)).size).toBe(1);
  await eventually('old output is gone', () => (controller.cli('logs', 'hello') === '' ? true : undefined));
  expect(history()).toEqual(before);
  expect(repository.invocation('hello')).toMatchObject({ counts: { total: 2, Finished: 2 } });
});

test('a run that comes back without its results runs nowhere, not even on who is new', async () => {
  agents.push(await startAgent(controller, { name: 'web-3', data: folder.path('web-3') }));
  repository.push({ 'greet.yaml': greet('one'), 'hello.yaml': hello('a', 'Run') });
  controller.cli('reconcile');
  controller.cli('reconcile');
  const status = await eventually('it is held', () => {
    const now = repository.invocation('hello');
    return now?.conditions.some(({ reason }) => reason === 'RecordIncomplete') ? now : undefined;
  });
  expect(status.conditions).toMatchObject([{ type: 'AlreadyExecuted' }, { type: 'Held' }]);
  expect(executions('--instance', 'web-3')).toEqual([]);
});
