// The whole way, as three people live it: a commit becomes runs on machines, once, and the result is back in Git.
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
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

const names = ['web-1', 'web-2', 'db-1'];
let folder: Scratch;
let repository: Repository;
let controller: RunningController;
const agents: RunningProcess[] = [];
let witness: string;

beforeAll(async () => {
  folder = scratch();
  witness = folder.path('witness');
  repository = makeRepository(folder.path());
  repository.push({ '../README.md': 'manifests are in manifests/\n' });
  controller = await startController({ repo: repository.bare, data: folder.path('controller') });
  for (const name of names) agents.push(await startAgent(controller, { name, data: folder.path(name) }));
}, 60_000);

afterAll(async () => {
  await Promise.all(agents.map((agent) => agent.end()));
  await controller?.end();
  folder.remove();
});

/** What really ran: the scripts say so themselves, one line each. */
function witnessed(): string[] {
  return existsSync(witness) ? readFileSync(witness, 'utf8').trimEnd().split('\n').sort() : [];
}

const greet = `
apiVersion: groundcrew.dev/v1
kind: Command
metadata:
  name: greet
spec:
  type: RunShellScript
  parameters:
    - name: who
      default: everybody
  content: |
    echo "$GROUNDCREW_EXECUTION {{who}}" >> WITNESS
    echo "hello, {{who}}"
`;

function hello(who: string, more = ''): string {
  return `
apiVersion: groundcrew.dev/v1
kind: Invocation
metadata:
  name: hello
spec:
  commandRef:
    name: greet
  parameters:
    who: ${who}
  targets:
    instances: [web-1, web-2, db-1]
${more}`;
}

/** Until what was pushed has been looked at, and the status branch says so. Nothing of it is held. */
async function accepted(commit: string): Promise<void> {
  controller.cli('reconcile');
  await eventually(`${commit} is accepted`, () =>
    repository
      .status()
      .some((document) => document.kind === 'ControllerStatus' && document.status.acceptedCommit === commit)
      ? true
      : undefined,
  );
}

async function passOver(): Promise<void> {
  controller.cli('reconcile');
}

async function finished(run?: string): Promise<NonNullable<ReturnType<Repository['invocation']>>> {
  return eventually('hello is Finished', () => {
    const status = repository.invocation('hello');
    return status?.state === 'Finished' && status.run?.id !== run ? status : undefined;
  });
}

let first: NonNullable<ReturnType<Repository['invocation']>>;

test('a commit with a Command and an Invocation runs once on each of three instances', async () => {
  repository.push({ 'greet.yaml': greet.replace('WITNESS', witness), 'hello.yaml': hello('you') });
  first = await finished();
  expect(first.instances.map(({ name, phase, exitCode }) => ({ name, phase, exitCode }))).toEqual(
    expect.arrayContaining(names.map((name) => ({ name, phase: 'Success', exitCode: 0 }))),
  );
  expect(first.counts).toEqual({ total: 3, Finished: 3 });
  expect(witnessed()).toHaveLength(3);
  expect(new Set(witnessed()).size).toBe(3);
  expect(witnessed().every((line) => line.endsWith(' you'))).toBe(true);
});

test('its output is there', () => {
  expect(controller.cli('logs', 'hello')).toContain('hello, you');
});

test('a comment runs nothing', async () => {
  await accepted(repository.push({ 'hello.yaml': `# A comment.${hello('you')}` }));
  expect(repository.invocation('hello')?.run?.id).toBe(first.run?.id);
  expect(witnessed()).toHaveLength(3);
});

test('another parameter runs again', async () => {
  repository.push({ 'hello.yaml': hello('me') });
  await finished(first.run?.id);
  expect(witnessed()).toHaveLength(6);
  expect(witnessed().filter((line) => line.endsWith(' me'))).toHaveLength(3);
});

test('git revert runs nothing', async () => {
  repository.git('revert', '--no-edit', 'HEAD');
  repository.git('push', '-q', 'origin', 'main');
  await passOver();
  const status = await eventually('the revert is in the status', () => {
    const now = repository.invocation('hello');
    return now?.run?.id === first.run?.id ? now : undefined;
  });
  expect(status.conditions).toMatchObject([{ type: 'AlreadyExecuted' }]);
  expect(witnessed()).toHaveLength(6);
});

test('a manifest that is deleted and added again runs nothing', async () => {
  repository.push({ 'hello.yaml': undefined });
  await passOver();
  await eventually('the deletion is in the status', () => repository.invocation('hello')?.deleted);
  repository.push({ 'hello.yaml': hello('you') });
  await passOver();
  await eventually('it is back', () => (repository.invocation('hello')?.deleted ? undefined : true));
  expect(witnessed()).toHaveLength(6);
});

test('one broken file among ten stops none of the other nine, and prunes nothing', async () => {
  const more = Object.fromEntries(
    Array.from({ length: 9 }, (_, index) => [
      `many/${index}.yaml`,
      hello('all').replace('name: hello', `name: hello-${index}`),
    ]),
  );
  repository.push({ ...more, 'hello.yaml': 'spec: [' });
  await eventually('nine are Finished', () =>
    Array.from({ length: 9 }, (_, index) => repository.invocation(`hello-${index}`)?.state).every(
      (state) => state === 'Finished',
    )
      ? true
      : undefined,
  );
  expect(repository.invocation('hello')).toMatchObject({ state: 'Finished', conditions: [{ type: 'Held' }] });
  expect(repository.invocation('hello')?.deleted).toBeUndefined();
  const problems = repository
    .status()
    .flatMap(({ kind, status }) => (kind === 'ControllerStatus' ? status.problems : []));
  expect(problems).toMatchObject([{ file: 'manifests/hello.yaml', line: expect.any(Number) }]);
  expect(witnessed()).toHaveLength(6 + 27);
});

test('a forced push is held until somebody acknowledges it', async () => {
  repository.push({ 'hello.yaml': hello('you') });
  await passOver();
  repository.git('commit', '-q', '--amend', '-m', 'rewritten');
  repository.push({ 'hello.yaml': hello('them') }, '--force');
  await passOver();
  const hold = await eventually('the hold is in the status', () =>
    repository
      .status()
      .flatMap(({ kind, status }) => (kind === 'ControllerStatus' ? status.holds : []))
      .find(({ reason }) => reason === 'NonFastForward'),
  );
  expect(witnessed()).toHaveLength(33);
  controller.cli('ack', hold.id, '--reason', 'it was me');
  await eventually('what was pushed has run', () => (witnessed().length === 36 ? true : undefined));
});

test('what fails says so in Git, with its last lines', async () => {
  const failing = hello('you')
    .replace('name: hello', 'name: broken')
    .replace(
      /commandRef:[\s\S]*parameters:\n\s+who: you/,
      'command:\n    type: RunPythonScript\n    content: |\n      import sys\n      print("about to fail")\n      sys.exit(7)',
    );
  repository.push({ 'broken.yaml': failing });
  const status = await eventually('broken has ended', () => {
    const now = repository.invocation('broken');
    return now?.state === 'Finished' ? now : undefined;
  });
  expect(status.phase).toBe('Failed');
  expect(status.instances[0]).toMatchObject({
    exitCode: 7,
    phase: 'Failed',
    outputTail: expect.stringContaining('about to fail'),
  });
});

test("the status branch only ever went forward, and the source branch has no commit but the engineer's", () => {
  expect(repository.statusHistory().length).toBeGreaterThan(3);
  const authors = repository.git('log', '--format=%an', 'origin/main').trim().split('\n');
  expect(new Set(authors)).toEqual(new Set(['An Engineer']));
});
