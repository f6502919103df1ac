// Who can stop what, and what is gone then, with a real controller and real agents. What a stop does to processes is
// tested one by one in agent/run/stop.test.ts.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Fleet, shell, startFleet } from './support/fleet.ts';
import { eventually, processesWith } from './support/processes.ts';

let fleet: Fleet;

beforeAll(async () => {
  fleet = await startFleet(['web-1', 'web-2', 'web-3'], '--stop-grace', '1s');
}, 60_000);

const children: number[] = [];

afterEach(() => {
  for (const pid of children.splice(0)) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
});

afterAll(() => fleet.close());

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** What belongs to the executions that these lines of a witness begin with. */
function left(lines: readonly string[]): number[] {
  return lines.flatMap((line) => processesWith(`GROUNDCREW_EXECUTION=${line.split(' ')[0]}`));
}

/** Leaves its execution's id, and where it ran, in the witness. */
function telling(name: string, ...rest: string[]): ReturnType<typeof shell> {
  const tell = `echo "$GROUNDCREW_EXECUTION {{ACS::InstanceName}}" >> ${fleet.witness(name)}`;
  return shell([tell, ...rest, ''].join('\n'));
}

function ran(name: string, lines: number): Promise<string[]> {
  return eventually(`${name} runs ${lines} times`, () => {
    const now = fleet.witnessed(name);
    return now.length >= lines ? now : undefined;
  });
}

/** Until this agent has done something that was offered to it after everything else. */
async function works(agent: string, name: string): Promise<void> {
  await fleet.invoke(name, { command: telling(name), targets: { instances: [agent] } });
  await fleet.ended(name);
}

const everywhere = { targets: { instances: ['web-1', 'web-2', 'web-3'] }, timeout: '5m' };

test('stop: true in the manifest stops what runs and what waits, and leaves what had ended', async () => {
  await fleet.end('web-3');
  const spec = {
    ...everywhere,
    command: telling('all', 'test "{{ACS::InstanceName}}" = web-2 || sleep 300'),
  };
  await fleet.invoke('all', spec);
  await ran('all', 2);
  await fleet.status('all', 'has ended on web-2', ({ counts }) => counts.Finished === 1);
  await fleet.invoke('all', { ...spec, stop: true });
  const status = await fleet.ended('all');
  const found = Object.fromEntries(status.instances.map(({ name, state, phase }) => [name, [state, phase]]));
  expect(found).toEqual({
    'web-1': ['Stopped', 'Terminated'],
    'web-2': ['Finished', 'Success'],
    'web-3': ['Stopped', 'Cancelled'],
  });
  expect(left(fleet.witnessed('all'))).toEqual([]);
  await fleet.start('web-3');
  await works('web-3', 'after-all');
  expect(fleet.witnessed('all')).toHaveLength(2);
}, 30_000);

test('groundcrew stop --instance stops there only, and says who and why', async () => {
  const go = fleet.folder.path('go');
  await fleet.invoke('one', {
    ...everywhere,
    command: telling('one', `until test -e ${go}; do sleep 0.1; done`),
  });
  await ran('one', 3);
  expect(fleet.controller.cli('stop', 'one', '--instance', 'web-1', '--reason', 'too hot')).toBe(
    'one: 1 stopping, 0 cancelled, 0 had ended before\n',
  );
  const stopped = await fleet.status('one', 'is stopped on web-1', ({ counts }) => counts.Stopped === 1);
  expect(stopped.counts).toEqual({ total: 3, Stopped: 1, Running: 2 });
  expect(stopped.instances.find(({ name }) => name === 'web-1')?.message).toBe(
    'Stopped by operator: too hot',
  );
  const [execution = ''] =
    fleet
      .witnessed('one')
      .find((line) => line.endsWith(' web-1'))
      ?.split(' ') ?? [];
  expect(left([execution])).toEqual([]);
  expect(left(fleet.witnessed('one')).length).toBeGreaterThan(0);
  await fleet.invoke('release', { targets: { instances: ['web-1'] }, command: shell(`touch ${go}`) });
  const status = await fleet.ended('one');
  const found = Object.fromEntries(status.instances.map(({ name, phase }) => [name, phase]));
  expect(found).toEqual({ 'web-1': 'Terminated', 'web-2': 'Success', 'web-3': 'Success' });
}, 30_000);

test('a script that ignores TERM, and its child in a session of its own, are gone within the grace and two seconds', async () => {
  await fleet.invoke('stubborn', {
    targets: { instances: ['web-1'] },
    timeout: '5m',
    command: shell(
      [
        "trap '' TERM",
        `setsid sh -c 'trap "" TERM; echo "$GROUNDCREW_EXECUTION $$" >> ${fleet.witness('stubborn')}; sleep 300; :' &`,
        'sleep 300',
        ':',
      ].join('\n'),
    ),
  });
  const [line = ''] = await ran('stubborn', 1);
  const [execution = '', grandchild] = line.split(' ');
  // The wrapper, the script, its sleep, the grandchild and its own.
  expect(left([execution]).length).toBeGreaterThanOrEqual(4);
  expect(isAlive(Number(grandchild))).toBe(true);
  fleet.controller.cli('stop', 'stubborn');
  await eventually('nothing of it is left', () => (left([execution]).length === 0 ? true : undefined), 3);
  const status = await fleet.ended('stubborn');
  expect(status).toMatchObject({
    state: 'Stopped',
    instances: [{ name: 'web-1', state: 'Stopped', phase: 'Terminated' }],
  });
}, 30_000);

test('terminationMode: Process ends the script, and leaves what it had started', async () => {
  const path = fleet.witness('process');
  await fleet.invoke('process', {
    targets: { instances: ['web-1'] },
    timeout: '5m',
    terminationMode: 'Process',
    command: shell(`sleep 300 &\necho "$GROUNDCREW_EXECUTION $$ $!" >> ${path}\nwait\n`),
  });
  const [line = ''] = await ran('process', 1);
  const [script = 0, child = 0] = line.split(' ').slice(1).map(Number);
  children.push(child);
  fleet.controller.cli('stop', 'process');
  expect((await fleet.ended('process')).instances).toMatchObject([{ phase: 'Terminated' }]);
  expect([isAlive(script), isAlive(child)]).toEqual([false, true]);
}, 30_000);

test('what is stopped before its agent is back never starts there', async () => {
  await fleet.end('web-2');
  const spec = { command: telling('absent'), targets: { instances: ['web-2'] } };
  await fleet.invoke('absent', spec);
  await fleet.status('absent', 'waits', ({ phase }) => phase === 'Pending');
  expect(fleet.controller.cli('stop', 'absent')).toBe(
    'absent: 0 stopping, 1 cancelled, 0 had ended before\n',
  );
  await fleet.start('web-2');
  await works('web-2', 'after-absent');
  expect((await fleet.ended('absent')).instances).toMatchObject([{ state: 'Stopped', phase: 'Cancelled' }]);
  expect(fleet.witnessed('absent')).toEqual([]);
}, 30_000);

test('what runs while its agent is away is stopped as soon as the agent is back', async () => {
  await fleet.invoke('orphan', {
    command: telling('orphan', 'sleep 300', ':'),
    targets: { instances: ['web-2'] },
    timeout: '5m',
  });
  const lines = await ran('orphan', 1);
  await fleet.end('web-2', 'SIGKILL');
  fleet.controller.cli('stop', 'orphan');
  const stopping = await fleet.status('orphan', 'is being stopped', ({ phase }) => phase === 'Stopping');
  expect(stopping.run?.endedAt).toBeUndefined();
  expect(left(lines).length).toBeGreaterThan(0);
  await fleet.start('web-2');
  expect((await fleet.ended('orphan')).instances).toMatchObject([{ phase: 'Terminated' }]);
  expect(left(lines)).toEqual([]);
  expect(fleet.witnessed('orphan')).toHaveLength(1);
}, 30_000);
