// Settings reach what they are about: a real controller that is started with them, and real agents.
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ExecutionDocument } from '../schemas/generated/wire.ts';
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
  controller = await startController(
    { repo: repository.bare, data: folder.path('controller') },
    '--stop-grace=60s',
    '--max-targets=1',
    '--max-deletions=0',
    '--region=eu-1',
    '--account=4711',
  );
  for (const name of ['web-1', 'web-2'])
    agents.push(await startAgent(controller, { name, data: folder.path(name) }));
}, 60_000);

afterAll(async () => {
  await Promise.all(agents.map((agent) => agent.end()));
  await controller?.end();
  folder.remove();
});

const inline = (name: string, script: string, targets = 'instances: [web-1]') => ({
  [`${name}.yaml`]: `
apiVersion: groundcrew.dev/v1
kind: Invocation
metadata:
  name: ${name}
spec:
  command:
    type: RunShellScript
    content: |
      ${script}
  targets:
    ${targets}
`,
});

/** Pushes it; the lines of `groundcrew reconcile`. */
function push(files: Record<string, string | undefined>): string {
  repository.push(files);
  return controller.cli('reconcile');
}

function execution(invocation: string): ExecutionDocument['status'] | undefined {
  const { items } = JSON.parse(controller.cli('get', 'executions', '--invocation', invocation, '-o', 'json'));
  return items[0]?.status;
}

const inPhase = (invocation: string, phase: string) =>
  eventually(`${invocation} is ${phase}`, () => {
    const now = execution(invocation);
    return now?.phase === phase ? now : undefined;
  });

test('each built-in parameter stands for what the controller and the instance are called', async () => {
  const names = ['RegionId', 'AccountId', 'InstanceId', 'InstanceName', 'InvokeId', 'CommandId'];
  const script = names
    .map((name) => `echo ${name}={{ACS::${name}}} {{ gc::${name.toLowerCase()} }}`)
    .join('; ');
  push({
    'who.yaml': `
apiVersion: groundcrew.dev/v1
kind: Command
metadata:
  name: who
spec:
  type: RunShellScript
  content: ${JSON.stringify(script)}
`,
    'who-runs.yaml': `
apiVersion: groundcrew.dev/v1
kind: Invocation
metadata:
  name: who-runs
spec:
  commandRef:
    name: who
  targets:
    instances: [web-1]
`,
  });
  const { instance, run } = await inPhase('who-runs', 'Success');
  const expected = {
    RegionId: 'eu-1',
    AccountId: '4711',
    InstanceId: instance,
    InstanceName: 'web-1',
    InvokeId: run,
    CommandId: 'who',
  };
  expect(controller.cli('logs', 'who-runs').trimEnd().split('\n')).toEqual(
    Object.entries(expected).map(([name, value]) => `${name}=${value} ${value}`),
  );
});

test('what is stopped has the grace that the controller says', async () => {
  const witness = folder.path('tidied');
  // Longer than it would have without the setting.
  push(
    inline(
      'slow-to-end',
      `trap 'sleep 7; echo tidy > ${witness}; exit 0' TERM; echo up; while :; do sleep 0.1; done`,
    ),
  );
  await eventually('it is up', () =>
    controller.cli('logs', 'slow-to-end').includes('up') ? true : undefined,
  );
  controller.cli('stop', 'slow-to-end');
  await inPhase('slow-to-end', 'Terminated');
  expect(existsSync(witness) && readFileSync(witness, 'utf8')).toBe('tidy\n');
}, 60_000);

test('a run on more instances than it says is held, and a commit that deletes more', async () => {
  expect(push(inline('everywhere', 'exit 0', 'selector: {}'))).toContain('ManyTargets');
  expect(execution('everywhere')).toBeUndefined();
  expect(push({ 'slow-to-end.yaml': undefined })).toContain('ManyDeletions');
  expect(repository.invocation('slow-to-end')?.deleted).toBeUndefined();
});
