// Schedules, boots and what comes too late, with a real controller and real agents. The rules are tested one by one in
// controller/reconcile/recurrence.test.ts.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
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

async function startControllerAgain(port = 0): Promise<void> {
  const settings = { repo: repository.bare, data: folder.path('controller'), port };
  controller = await startController(settings, '--min-cron-interval', '1s', '--min-rate-interval', '1s');
}

async function startAgentAgain(name: string, under: readonly string[] = []): Promise<void> {
  await agents.get(name)?.end();
  agents.set(name, await startAgent(controller, { name, data: folder.path(name), under }));
}

beforeAll(async () => {
  folder = scratch();
  repository = makeRepository(folder.path());
  repository.push({ '../README.md': 'x\n' });
  await startControllerAgain();
  for (const name of ['web-1', 'web-2']) await startAgentAgain(name);
}, 60_000);

afterAll(async () => {
  await Promise.all([...agents.values()].map((agent) => agent.end()));
  await controller?.end();
  folder.remove();
});

/** What really ran, by the scripts' own word: the execution's id, one line each. */
function witnessed(name: string): string[] {
  const path = folder.path(`witness-${name}`);
  return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];
}

/** An Invocation that leaves its execution's id in a file of its name. */
function invocation(name: string, spec: string, script = ''): Record<string, string> {
  const text = `
apiVersion: groundcrew.dev/v1
kind: Invocation
metadata:
  name: ${name}
spec:
  command:
    type: RunShellScript
    content: |
      ${script}
      echo "$GROUNDCREW_EXECUTION" >> ${folder.path(`witness-${name}`)}
${spec}`;
  return { [`${name}.yaml`]: text };
}

const everywhere = `
  targets:
    instances: [web-1, web-2]
  timeout: 1s
`;

test('a schedule runs at each tick once on each instance, over a kill of controller and agent, until it is stopped', async () => {
  repository.push(invocation('beat', `${everywhere}  frequency: '*/2 * * * * ?'\n`));
  controller.cli('reconcile');
  const status = await eventually('beat waits for its tick', () => repository.invocation('beat'));
  expect(status).toMatchObject({ state: 'Running', counts: { total: 2 } });
  await eventually('beat has run six times', () => (witnessed('beat').length >= 6 ? true : undefined));

  const port = Number(new URL(controller.url).port);
  await controller.end('SIGKILL');
  await agents.get('web-1')?.end('SIGKILL');
  await sleep(3_000);
  await startControllerAgain(port);
  await startAgentAgain('web-1');
  const before = witnessed('beat').length;
  await eventually('beat goes on', () => (witnessed('beat').length >= before + 4 ? true : undefined), 30);

  controller.cli('stop', 'beat', '--reason', 'enough');
  const stopped = await eventually('beat is stopped', () => {
    const now = repository.invocation('beat');
    return now?.state === 'Stopped' ? now : undefined;
  });
  const ran = witnessed('beat');
  expect(new Set(ran).size).toBe(ran.length);
  expect(stopped.next).toBeUndefined();
  const [newest] = stopped.occurrences ?? [];
  expect(newest?.occurrence).toMatch(/^\d{8}T\d{6}Z$/);
  await sleep(2_500);
  expect(witnessed('beat')).toEqual(ran);
  const fired = new Set(ran.map((execution) => execution.split('.')[1]));
  for (const occurrence of fired) expect(new Date(tickTime(occurrence)).getUTCSeconds() % 2).toBe(0);
}, 90_000);

function tickTime(occurrence = ''): string {
  return occurrence.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
}

test('at() runs once at its time, and the schedule has ended', async () => {
  const at = new Date(Date.now() + 4_000).toISOString().slice(0, 19);
  repository.push(invocation('later', `${everywhere}  frequency: at(${at.replace('T', ' ')})\n`));
  controller.cli('reconcile');
  const status = await eventually('later is Finished', () => {
    const now = repository.invocation('later');
    return now?.state === 'Finished' ? now : undefined;
  });
  expect(status.instances.map(({ phase }) => phase)).toEqual(['Success', 'Success']);
  expect(witnessed('later')).toHaveLength(2);
  const [started] = status.instances.map(({ startedAt = '' }) => startedAt);
  expect(Date.parse(started ?? '')).toBeGreaterThanOrEqual(Date.parse(`${at}Z`));
});

test('a tick that finds the one before it still running is skipped, and says so', async () => {
  const stubborn = `trap '' TERM; sleep 20`;
  repository.push(
    invocation('slow', `${everywhere.replace('1s', '2s')}  frequency: '*/2 * * * * ?'\n`, stubborn),
  );
  controller.cli('reconcile');
  const skipped = await eventually('a tick of slow is skipped', () =>
    repository
      .invocation('slow')
      ?.occurrences?.find(({ phases = {} }) => phases['Cancelled'] === 2 && Object.keys(phases).length === 1),
  );
  expect(skipped).toMatchObject({ state: 'Stopped' });
  controller.cli('stop', 'slow');
}, 60_000);

test('what an instance did not come for in time is Aborted, and does not run when it is back', async () => {
  await agents.get('web-2')?.end();
  repository.push(invocation('hurry', `${everywhere}  deliveryTimeout: 2s\n`));
  controller.cli('reconcile');
  const status = await eventually(
    'hurry has ended',
    () => {
      const now = repository.invocation('hurry');
      return now?.instances.every(({ phase }) => phase === 'Success' || phase === 'Aborted')
        ? now
        : undefined;
    },
    40,
  );
  expect(status).toMatchObject({ state: 'PartialFailed', phase: 'PartialFailed' });
  expect(status.instances).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ name: 'web-1', phase: 'Success' }),
      expect.objectContaining({ name: 'web-2', phase: 'Aborted', errorCode: 'DeliveryTimeout' }),
    ]),
  );
  await startAgentAgain('web-2');
  repository.push(invocation('after', everywhere));
  controller.cli('reconcile');
  await eventually('web-2 works again', () => (witnessed('after').length === 2 ? true : undefined));
  expect(witnessed('hurry')).toHaveLength(1);
}, 90_000);

test('a dry run checks on the instance, and runs nothing', async () => {
  repository.push({
    ...invocation('dry', `${everywhere}  repeatMode: DryRun\n`),
    ...invocation('dry-nowhere', `${everywhere}  repeatMode: DryRun\n  workingDir: /no/such/place\n`),
  });
  controller.cli('reconcile');
  const [good, bad] = await eventually('both have ended', () => {
    const both = [repository.invocation('dry'), repository.invocation('dry-nowhere')] as const;
    return both.every((one) => one?.run?.endedAt !== undefined) ? both : undefined;
  });
  expect(good).toMatchObject({ state: 'Finished', phase: 'Success' });
  expect(bad).toMatchObject({
    state: 'Failed',
    instances: [{ phase: 'Invalid', errorCode: 'DirectoryNotExists' }, {}],
  });
  expect([witnessed('dry'), witnessed('dry-nowhere')]).toEqual([[], []]);
});

const mayMount = canMount();

function canMount(): boolean {
  try {
    execFileSync('unshare', ['-m', 'true'], { stdio: 'ignore' });
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
}

/** Runs a program on what looks like another boot of the machine, which began just now. */
function boot(id: string): string[] {
  const [bootId, uptime] = [folder.path('boot_id'), folder.path('uptime')];
  writeFileSync(bootId, `${id}\n`);
  writeFileSync(uptime, '1.00 1.00\n');
  const mounts = `mount --bind ${bootId} /proc/sys/kernel/random/boot_id && mount --bind ${uptime} /proc/uptime`;
  return ['unshare', '-m', 'sh', '-c', `${mounts} && exec "$@"`, 'boot'];
}

test.skipIf(!mayMount)(
  'EveryReboot runs at each boot, NextRebootOnly at the next one, and neither when the agent starts again',
  async () => {
    const only = '\n  targets:\n    instances: [web-1]\n';
    repository.push({
      ...invocation('each-boot', `${only}  repeatMode: EveryReboot\n`),
      ...invocation('next-boot', `${only}  repeatMode: NextRebootOnly\n`),
    });
    controller.cli('reconcile');
    await eventually('both wait for a boot', () =>
      ['each-boot', 'next-boot'].every((name) => repository.invocation(name)?.phase === 'Scheduled')
        ? true
        : undefined,
    );
    await startAgentAgain('web-1');
    await sleep(1_500);
    expect([witnessed('each-boot'), witnessed('next-boot')]).toEqual([[], []]);

    await startAgentAgain('web-1', boot('11111111-1111-4111-8111-111111111111'));
    await eventually('both ran at the first boot', () =>
      witnessed('each-boot').length === 1 && witnessed('next-boot').length === 1 ? true : undefined,
    );
    await startAgentAgain('web-1', boot('22222222-2222-4222-8222-222222222222'));
    await eventually('one ran at the second', () => (witnessed('each-boot').length === 2 ? true : undefined));
    await startAgentAgain('web-1', boot('22222222-2222-4222-8222-222222222222'));
    await sleep(1_500);
    expect(witnessed('next-boot')).toHaveLength(1);
    expect(witnessed('each-boot').map((execution) => execution.split('.')[1])).toEqual([
      '11111111-1111-4111-8111-111111111111',
      '22222222-2222-4222-8222-222222222222',
    ]);
    await eventually('next-boot is Finished', () =>
      repository.invocation('next-boot')?.state === 'Finished' ? true : undefined,
    );
  },
  90_000,
);
