// A thousand agents for a minute, over real HTTP: every execution is given once, and nothing goes wrong.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Fleet, simulatedFleet } from '../bench/fleet.ts';
import {
  eventually,
  type RunningController,
  type Scratch,
  scratch,
  startController,
} from './support/processes.ts';
import { makeRepository, type Repository } from './support/repository.ts';

const agents = 1000;
const seconds = 60;
const errorLevel = 50;
let folder: Scratch;
let repository: Repository;
let controller: RunningController;
let fleet: Fleet | undefined;

beforeAll(async () => {
  folder = scratch();
  repository = makeRepository(folder.path());
  repository.push({ '../README.md': 'x\n' });
  controller = await startController({ repo: repository.bare, data: folder.path('controller') });
  const { code } = JSON.parse(controller.cli('enrol', 'create', '--uses', String(agents), '-o', 'json'));
  fleet = await simulatedFleet('ours', controller.url, agents, code);
}, 120_000);

afterAll(async () => {
  fleet?.end();
  await controller?.end();
  folder.remove();
});

function everywhere(wave: number): string {
  return `
apiVersion: groundcrew.dev/v1
kind: Invocation
metadata:
  name: wave-${wave}
spec:
  command:
    type: RunShellScript
    content: uptime
  rerun: "${wave}"
  targets:
    selector: {}
`;
}

test('a thousand agents work for a minute without an error in the log', async () => {
  const end = Date.now() + seconds * 1000;
  let waves = 0;
  while (Date.now() < end) {
    waves += 1;
    repository.push({ [`wave-${waves}.yaml`]: everywhere(waves) });
    await fleet?.reported(waves * agents);
    await sleep(1000);
  }
  expect(waves).toBeGreaterThan(5);
  await eventually(
    'all of them are Finished in Git',
    () => {
      const counts = repository
        .status()
        .flatMap(({ kind, status }) => (kind === 'InvocationStatus' ? [status.counts] : []));
      const whole = counts.filter(({ total, Finished }) => total === agents && Finished === agents);
      return whole.length === waves ? true : undefined;
    },
    60,
  );
  expect(fleet?.failures()).toEqual([]);
  const log = controller
    .output()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(log.filter(({ level }) => level >= errorLevel)).toEqual([]);
  expect(log.length).toBeGreaterThan(waves);
}, 240_000);
