// kill -9 of the controller and of an agent, at a dozen moments of a run: each execution still starts exactly
// once, and its result arrives.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  eventually,
  processesWith,
  type RunningController,
  type RunningProcess,
  type Scratch,
  scratch,
  startAgent,
  startController,
} from './support/processes.ts';
import { makeRepository, type Repository } from './support/repository.ts';

const names = ['web-1', 'web-2'];
let folder: Scratch;
let repository: Repository;
let controller: RunningController;
const agents = new Map<string, RunningProcess>();

const startControllerAgain = async (port = 0): Promise<void> => {
  controller = await startController({ repo: repository.bare, data: folder.path('controller'), port });
};

const startAgentAgain = async (name: string): Promise<void> => {
  agents.set(name, await startAgent(controller, { name, data: folder.path(name) }));
};

beforeAll(async () => {
  folder = scratch();
  repository = makeRepository(folder.path());
  repository.push({ '../README.md': 'x\n' });
  await startControllerAgain();
  for (const name of names) await startAgentAgain(name);
}, 60_000);

afterAll(async () => {
  await Promise.all([...agents.values()].map((agent) => agent.end()));
  await controller?.end();
  folder.remove();
});

function work(round: number): string {
  return `
apiVersion: groundcrew.dev/v1
kind: Invocation
metadata:
  name: work
spec:
  command:
    type: RunShellScript
    content: |
      echo "$GROUNDCREW_EXECUTION start" >> ${folder.path('witness')}
      echo one
      sleep 0.4
      echo two
      echo "$GROUNDCREW_EXECUTION end" >> ${folder.path('witness')}
      exit ${round % 2}
  rerun: "${round}"
  targets:
    selector: {}
`;
}

// Milliseconds after the push at which somebody dies: before, during and after each step of a run.
const moments = [5, 15, 25, 40, 60, 90, 150, 300, 450, 550, 800, 2600];
const victims = ['controller', 'agent', 'both'] as const;

test.each(
  moments.flatMap((moment, index) => [{ moment, victim: victims[index % 3] ?? 'both', round: index }]),
)(
  '$victim killed $moment ms after the push',
  async ({ moment, victim, round }) => {
    const commit = repository.push({ 'work.yaml': work(round) });
    await sleep(moment);
    const port = Number(new URL(controller.url).port);
    const killed: Promise<void>[] = [];
    if (victim !== 'agent') killed.push(controller.end('SIGKILL'));
    if (victim !== 'controller') killed.push(agents.get('web-1')?.end('SIGKILL') ?? Promise.resolve());
    await Promise.all(killed);
    if (victim !== 'agent') await startControllerAgain(port);
    if (victim !== 'controller') await startAgentAgain('web-1');

    const status = await eventually(
      `round ${round} has ended`,
      () => {
        const now = repository.invocation('work');
        return now?.run?.source.commit === commit && now.state === 'Finished' ? now : undefined;
      },
      45,
    );
    expect(status.instances.map(({ exitCode }) => exitCode)).toEqual([round % 2, round % 2]);
    const lines = readFileSync(folder.path('witness'), 'utf8').trimEnd().split('\n');
    expect(lines.filter((line) => line.startsWith(status.run?.id ?? '-'))).toHaveLength(4);
    expect(new Set(lines).size).toBe(lines.length);
    expect(controller.cli('logs', 'work', '--instance', 'web-1')).toMatch(/one\n.*two/);
  },
  90_000,
);

test('no script is left running', () => {
  expect(processesWith(`GROUNDCREW_INVOCATION=work`)).toEqual([]);
});
