// What goes on on one machine changes nothing for another, and what is too much for one machine waits or is turned away.
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

let folder: Scratch;
let repository: Repository;
let controller: RunningController;
const agents = new Map<string, RunningProcess>();

beforeAll(async () => {
  folder = scratch();
  repository = makeRepository(folder.path());
  repository.push({ '../README.md': 'x\n' });
  const settings = { repo: repository.bare, data: folder.path('controller') };
  controller = await startController(settings, '--max-running', '2', '--max-in-line', '2');
  for (const name of ['good', 'slow', 'bad'])
    agents.set(name, await startAgent(controller, { name, data: folder.path(name) }));
}, 60_000);

afterAll(async () => {
  agents.get('slow')?.child.kill('SIGCONT');
  await Promise.all([...agents.values()].map((agent) => agent.end()));
  await controller?.end();
  folder.remove();
});

function invocation(name: string, instances: string[], script: string): Record<string, string> {
  const content = script
    .split('\n')
    .map((line) => `      ${line}`)
    .join('\n');
  const text = `
apiVersion: groundcrew.dev/v1
kind: Invocation
metadata:
  name: ${name}
spec:
  command:
    type: RunShellScript
    content: |
${content}
  targets:
    instances: [${instances.join(', ')}]
`;
  return { [`${name}.yaml`]: text };
}

const lines = (name: string): string[] =>
  existsSync(folder.path(name)) ? readFileSync(folder.path(name), 'utf8').trimEnd().split('\n') : [];

test('a machine that hangs and one that floods and fails keep no other from its work', async () => {
  agents.get('slow')?.child.kill('SIGSTOP');
  const script = `if [ {{ACS::InstanceName}} = bad ]; then yes | head -c 100000000; exit 3; fi; echo {{ACS::InstanceName}} >> ${folder.path('all')}`;
  repository.push(invocation('all', ['good', 'slow', 'bad'], script));
  controller.cli('reconcile');
  const phasesOf = () =>
    new Map(repository.invocation('all')?.instances.map(({ name, phase }) => [name, phase]));
  await eventually('good and bad have ended', () =>
    phasesOf().get('good') === 'Success' && phasesOf().get('bad') === 'Failed' ? true : undefined,
  );
  expect(phasesOf().get('slow')).toBe('Pending');
  repository.push(invocation('next', ['good'], `echo next >> ${folder.path('all')}`));
  controller.cli('reconcile');
  await eventually('good does the next thing', () => (lines('all').includes('next') ? true : undefined));
  agents.get('slow')?.child.kill('SIGCONT');
  await eventually('slow has caught up', () => (phasesOf().get('slow') === 'Success' ? true : undefined), 40);
  expect(lines('all').sort()).toEqual(['good', 'next', 'slow']);
}, 90_000);

test('two run at once, two wait in order, and one more is turned away, on that machine alone', async () => {
  const script = (name: string) =>
    `echo ${name} >> ${folder.path('order')}; while [ ! -e ${folder.path('go')} ]; do sleep 0.05; done`;
  for (const name of ['a', 'b', 'c', 'd']) {
    repository.push(invocation(name, ['good'], script(name)));
    controller.cli('reconcile');
    await eventually(`${name} is accepted`, () => repository.invocation(name)?.run);
  }
  await eventually('two of them run', () => (lines('order').length === 2 ? true : undefined));
  repository.push(invocation('e', ['good', 'slow'], `echo e >> ${folder.path('elsewhere')}`));
  controller.cli('reconcile');
  const turnedAway = await eventually('e has ended', () => {
    const now = repository.invocation('e');
    return now?.run?.endedAt === undefined ? undefined : now;
  });
  expect(turnedAway.state).toBe('PartialFailed');
  expect(turnedAway.instances).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ name: 'good', phase: 'Aborted', errorCode: 'TaskConcurrencyLimit' }),
      expect.objectContaining({ name: 'slow', phase: 'Success' }),
    ]),
  );
  expect(lines('order')).toEqual(['a', 'b']);
  repository.push(invocation('go', ['bad'], `touch ${folder.path('go')}`));
  controller.cli('reconcile');
  await eventually('the others have had their turn', () => (lines('order').length === 4 ? true : undefined));
  expect(lines('order')).toEqual(['a', 'b', 'c', 'd']);
  expect(lines('elsewhere')).toEqual(['e']);
}, 90_000);
