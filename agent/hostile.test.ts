// What a script can do to its own task folder, by accident or on purpose. The agent serves on, and tells the truth.
import { existsSync, readdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AgentTools, crashHook, makeAgentTools } from '../test/support/agent-process.ts';
import { type FakeController, startFakeController } from '../test/support/fake-controller.ts';

let controller: FakeController;
let tools: AgentTools;
let executions: string[] = [];

beforeEach(async () => {
  controller = await startFakeController();
  tools = makeAgentTools();
  executions = [];
});

afterEach(async () => {
  await controller.close();
  await tools.cleanUp(executions);
  expect(controller.complaints).toEqual([]);
});

function offer(script: string, more?: Parameters<FakeController['offer']>[1]): string {
  const execution = controller.offer(script, more);
  executions.push(execution);
  return execution;
}

async function until(what: () => boolean, timeoutMs = 10_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!what()) {
    if (Date.now() > deadline) throw new Error(`not in time: ${what.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const inFolder = 'cd "$(dirname "$0")" || exit 99; ';

const deeds: [deed: string, script: string, end: object][] = [
  ['makes a folder beside itself', 'mkdir work; echo x >work/file', { phase: 'Success' }],
  ['makes folders that may not be written', 'mkdir -p a/b; chmod 0 a/b a; chmod 500 .', { phase: 'Success' }],
  [
    'makes thousands of files',
    'i=0; while [ $i -lt 3000 ]; do : >f$i; i=$((i+1)); done',
    { phase: 'Success' },
  ],
  ['removes its folder', 'rm -rf "$PWD"; exit 3', { phase: 'Failed', exitCode: 3 }],
  ['removes its folder and says 125', 'rm -rf "$PWD"; exit 125', { phase: 'Failed', exitCode: 125 }],
  ['says 125', 'exit 125', { phase: 'Failed', exitCode: 125 }],
  ['makes its output a folder', 'rm output; mkdir output; exit 4', { phase: 'Failed', exitCode: 4 }],
  ['makes its output a pipe', 'rm output; mkfifo output; exit 5', { phase: 'Failed', exitCode: 5 }],
  ['makes its output endless', 'rm output; ln -s /dev/zero output; exit 6', { phase: 'Failed', exitCode: 6 }],
  ['makes its output a link to itself', 'rm output; ln -s output output', { phase: 'Success' }],
  ['makes a folder where its exit code belongs', 'mkdir exit; exit 7', { phase: 'Failed', exitCode: 7 }],
  ['makes its claim a folder', 'rm started; mkdir started; exit 8', { phase: 'Failed', exitCode: 8 }],
  ['makes its claim a pipe', 'rm started; mkfifo started; exit 9', { phase: 'Failed', exitCode: 9 }],
];

test('whatever a script makes of its folder, its end is told, and the folder is removed in the end', async () => {
  const agent = tools.start(controller.url, controller.code);
  for (const [deed, script, end] of deeds) {
    const execution = offer(inFolder + script);
    expect({ deed, ...(await controller.ended(execution)) }).toMatchObject({ deed, ...end });
  }
  expect(await controller.ended(offer('exit 0'))).toMatchObject({ phase: 'Success' });
  await until(() => readdirSync(join(tools.dataDir, 'tasks')).length === 0);
  expect(controller.sessions.length).toBe(1);
  expect(await agent.kill('SIGTERM')).toBe(0);
});

test('an agent that comes back to such folders serves on', async () => {
  const agent = tools.start(controller.url, controller.code);
  await controller.ended(offer('exit 0'));
  // Nothing is heard of their ends before the next life.
  controller.fault = (path) => (path.endsWith('report') ? 'lose the request' : 'none');
  const all = deeds.map(([, script, end]) => ({ execution: offer(inFolder + script), end }));
  await until(() => agent.log().split('"Ended"').length > all.length + 1);
  await agent.kill('SIGKILL');
  controller.fault = () => 'none';
  const heir = tools.start(controller.url);
  for (const { execution, end } of all) expect(await controller.ended(execution)).toMatchObject(end);
  await until(() => readdirSync(join(tools.dataDir, 'tasks')).length === 0);
  expect(await heir.kill('SIGTERM')).toBe(0);
});

test('a script that writes its own exit code still has a timeout', async () => {
  tools.start(controller.url, controller.code);
  const execution = offer(`${inFolder}echo 0 >exit; sleep 60`, { timeoutSeconds: 1 });
  expect(await controller.ended(execution)).toMatchObject({ phase: 'Timeout' });
});

test('what was to start and has lost its script ends as Unknown, and the agent serves on', async () => {
  await tools.enrolled(controller);
  const execution = offer('echo never');
  const doomed = tools.start(controller.url, undefined, {
    node: ['--import', crashHook],
    env: { CRASH_AT: 'spawn before 1' },
  });
  expect(await doomed.exited).toBe('SIGKILL');
  unlinkSync(join(tools.dataDir, 'tasks', execution, 'script'));
  tools.start(controller.url);
  expect(await controller.ended(execution)).toMatchObject({
    phase: 'Unknown',
    errorCode: 'ExecutionInterrupted',
  });
  expect(await controller.ended(offer('exit 0'))).toMatchObject({ phase: 'Success' });
});

test('an agent that fails at its start exits, though a script of it still runs', async () => {
  const agent = tools.start(controller.url, controller.code);
  const witness = join(tools.folder, 'witness');
  const running = offer(`while ! [ -e ${witness} ]; do sleep 0.1; done; exit 2`);
  await controller.told((m) => m.is === 'started' && m.execution === running);
  controller.fault = (path) => (path.endsWith('report') ? 'lose the request' : 'none');
  const over = offer('exit 0');
  await until(() => agent.log().includes(`"Ended","execution":"${over}"`));
  await agent.kill('SIGKILL');
  controller.fault = () => 'none';
  const sick = `import fs from 'node:fs'; import { syncBuiltinESMExports } from 'node:module';
    const real = fs.lstatSync; fs.lstatSync = (path, ...rest) => {
      if (String(path).includes('${over}')) throw new Error('a sick disk');
      return real(path, ...rest);
    }; syncBuiltinESMExports();`;
  const heir = tools.start(controller.url, undefined, {
    node: ['--import', `data:text/javascript,${encodeURIComponent(sick)}`],
  });
  expect(await Promise.race([heir.exited, new Promise((resolve) => setTimeout(resolve, 5_000))])).toBe(75);
  expect(heir.log()).toContain('a sick disk');
  expect(existsSync(join(tools.dataDir, 'lock'))).toBe(false);
  tools.start(controller.url);
  expect(await controller.ended(over)).toMatchObject({ phase: 'Success' });
  await controller.ended(offer(`echo >${witness}`));
  expect(await controller.ended(running)).toMatchObject({ phase: 'Failed', exitCode: 2 });
});
