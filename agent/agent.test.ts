import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AgentTools, makeAgentTools } from '../test/support/agent-process.ts';
import { type FakeController, startFakeController } from '../test/support/fake-controller.ts';
import { findProcesses } from './host/process-table.ts';
import { cookieOf } from './run/wrapper.ts';

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

test('a script in each language runs, and its output and exit code arrive', async () => {
  tools.start(controller.url, controller.code, { args: ['--name', 'web-1'] });
  const shell = offer('echo "from sh $GC_PARAM_X"; echo to stderr >&2', {
    environment: { GC_PARAM_X: 'ü y' },
  });
  const python = offer('import sys\nprint("from python")\nsys.exit(3)', { type: 'RunPythonScript' });
  const perl = offer('print "from perl\\n"; exit 255', { type: 'RunPerlScript' });
  const awk = offer('#!/usr/bin/env -S awk -f\nBEGIN { print "from awk" }');
  expect(await controller.ended(shell)).toMatchObject({ phase: 'Success', exitCode: 0, outputBytes: 23 });
  expect(await controller.ended(python)).toMatchObject({
    phase: 'Failed',
    exitCode: 3,
    errorCode: 'ExitCodeNonzero',
  });
  expect(await controller.ended(perl)).toMatchObject({ phase: 'Failed', exitCode: 255 });
  expect(await controller.ended(awk)).toMatchObject({ phase: 'Success' });
  expect(controller.output(shell)).toBe('from sh ü y\nto stderr\n');
  expect(controller.output(python)).toBe('from python\n');
  expect(controller.output(perl)).toBe('from perl\n');
  expect(controller.output(awk)).toBe('from awk\n');
  expect(controller.names).toEqual(['web-1']);
  const order = controller.messages
    .filter((m) => m.is !== 'journal' && m.execution === shell)
    .map((m) => m.is);
  expect(order).toEqual(['received', 'started', 'output', 'ended']);
});

test('a script sees an environment built from nothing, default signals, and an empty stdin', async () => {
  tools.start(controller.url, controller.code, { env: { SECRET_OF_THE_AGENT: 'x' } });
  const execution = offer(
    'env | cut -d= -f1 | sort | tr "\\n" " "; umask; cat; grep -E "^Sig(Ign|Cgt|Blk)" /proc/self/status; echo $HOME; pwd',
  );
  await controller.ended(execution);
  const text = controller.output(execution);
  expect(text).not.toContain('SECRET_OF_THE_AGENT');
  expect(text).not.toContain('ENROL');
  expect(text).toContain('GROUNDCREW_EXECUTION GROUNDCREW_INVOCATION HOME LANG');
  expect(text).toContain('0077');
  expect(text).toMatch(/SigBlk:\t0{16}\nSigIgn:\t0{16}\n/);
  const [home, cwd] = text.trim().split('\n').slice(-2);
  expect(cwd).toBe(home);
});

test('what the machine cannot run is Invalid and starts nothing', async () => {
  tools.start(controller.url, controller.code);
  const ps = offer('Get-Date', { type: 'RunPowerShellScript' });
  const shebang = offer('#!/no/such/interpreter\necho hi');
  for (const execution of [ps, shebang])
    expect(await controller.ended(execution)).toMatchObject({
      phase: 'Invalid',
      errorCode: 'CommandNotApplicable',
    });
  expect(controller.messages.some((m) => m.is === 'started')).toBe(false);
});

test('a timeout kills the whole tree, a grandchild in a session of its own too', async () => {
  tools.start(controller.url, controller.code);
  const execution = offer('setsid sh -c "trap : TERM; while :; do sleep 1; done" & echo begun; sleep 100', {
    timeoutSeconds: 1,
  });
  const end = await controller.ended(execution, 20_000);
  expect(end).toMatchObject({ phase: 'Timeout', errorCode: 'ExecutionTimeout' });
  expect(end.exitCode).toBeUndefined();
  expect(findProcesses(cookieOf(execution))).toEqual([]);
  expect(controller.output(execution)).toMatch(/^begun\n/);
});

test('what a script leaves behind on purpose lives on after its end', async () => {
  tools.start(controller.url, controller.code);
  const execution = offer('sleep 300 & echo $!');
  expect(await controller.ended(execution)).toMatchObject({ phase: 'Success' });
  const pid = Number(controller.output(execution));
  expect(findProcesses(cookieOf(execution))).toEqual([pid]);
  process.kill(pid, 'SIGKILL');
  await until(() => findProcesses(cookieOf(execution)).length === 0);
});

test('a stop kills what runs; what stops cannot start any more', async () => {
  tools.start(controller.url, controller.code);
  const running = offer('echo up; sleep 100');
  await controller.told((m) => m.is === 'output' && m.execution === running);
  controller.stop(running);
  const end = await controller.ended(running);
  expect(end).toMatchObject({ phase: 'Terminated' });
  expect(end.exitCode).toBeUndefined();

  const never = controller.newExecution();
  controller.stop(never, 'kill', 50);
  expect(await controller.ended(never)).toMatchObject({ phase: 'Cancelled', outputBytes: 0 });
  const witness = join(tools.folder, 'witness');
  controller.messages.length = 0;
  offer(`echo ran >> ${witness}`, { execution: never, offer: 50 });
  const after = offer('exit 0');
  await controller.ended(after);
  expect(existsSync(witness)).toBe(false);
});

test('a stop that leaves alone what has started cancels only what waits', async () => {
  tools.start(controller.url, controller.code);
  const running = Array.from({ length: 10 }, () => offer('sleep 1.2'));
  const waiting = Array.from({ length: 3 }, () => offer('echo never'));
  await controller.told((m) => m.is === 'started' && m.execution === running[9]);
  for (const execution of [...running.slice(0, 1), ...waiting]) controller.stop(execution, 'leave');
  for (const execution of waiting)
    expect(await controller.ended(execution)).toMatchObject({ phase: 'Cancelled' });
  for (const execution of running)
    expect(await controller.ended(execution)).toMatchObject({ phase: 'Success' });
});

test('a stop that comes after the end changes nothing, and the end is said again', async () => {
  tools.start(controller.url, controller.code);
  const execution = offer('exit 4');
  await controller.ended(execution);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const before = controller.messages.length;
  controller.stop(execution);
  await controller.ended(offer('exit 0'));
  await until(() => controller.messages.length > before);
  const ends = controller.messages.filter((m) => m.is === 'ended' && m.execution === execution);
  for (const message of ends) expect(message).toMatchObject({ end: { phase: 'Failed', exitCode: 4 } });
});

test('no more than ten run at once, and all of a hundred run once', async () => {
  tools.start(controller.url, controller.code);
  const witness = join(tools.folder, 'witness');
  const all = Array.from({ length: 100 }, (_, i) => offer(`echo ${i} >> ${witness}; sleep 0.05`));
  let most = 0;
  for (const execution of all) {
    await controller.ended(execution, 30_000);
    const started = controller.messages.filter((m) => m.is === 'started').length;
    const ended = controller.messages.filter((m) => m.is === 'ended').length;
    most = Math.max(most, started - ended);
  }
  expect(most).toBeLessThanOrEqual(10);
  const lines = readFileSync(witness, 'utf8').trim().split('\n');
  expect(new Set(lines).size).toBe(100);
  expect(lines.length).toBe(100);
  await until(() => readdirSync(join(tools.dataDir, 'tasks')).length === 0);
});

test('fifty megabytes of output arrive as their beginning and their end, and cost no memory', async () => {
  const agent = tools.start(controller.url, controller.code);
  // What an agent needs for any output at all, and more on one version of Node than on another.
  await controller.ended(offer('echo a; sleep 0.5; echo b'));
  const before = privateDirtyKiB(agent.pid);
  const execution = offer(
    'i=0; head -c 12288 /dev/zero | tr "\\0" a; head -c 52000000 /dev/zero | tr "\\0" ü; printf last',
  );
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, privateDirtyKiB(agent.pid));
  }, 50);
  const end = await controller.ended(execution, 30_000);
  clearInterval(watch);
  expect(end).toMatchObject({ phase: 'Success' });
  expect(end.outputBytes).toBeGreaterThan(50_000_000);
  const text = controller.output(execution);
  expect(text.startsWith('a'.repeat(12_288))).toBe(true);
  expect(text).toMatch(/\[\d+ dropped\]/);
  expect(text.endsWith('last')).toBe(true);
  expect(most).toBeGreaterThan(0);
  expect(most - before).toBeLessThan(4 * 1024);
});

test('two hundred megabytes of output take little of the disk while they are written', async () => {
  tools.start(controller.url, controller.code);
  const execution = offer(
    'printf first; i=0; while [ $i -lt 50 ]; do head -c 4194304 /dev/zero | tr "\\0" x; sleep 0.04; i=$((i+1)); done; printf last',
  );
  const output = join(tools.dataDir, 'tasks', execution, 'output');
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, (statSync(output, { throwIfNoEntry: false })?.blocks ?? 0) * 512);
  }, 5);
  const end = await controller.ended(execution, 60_000);
  clearInterval(watch);
  expect(end).toMatchObject({ phase: 'Success', outputBytes: 50 * 4_194_304 + 9 });
  expect(most).toBeGreaterThan(1024 * 1024);
  expect(most).toBeLessThan(64 * 1024 * 1024);
  const text = controller.output(execution);
  expect(text.startsWith(`first${'x'.repeat(12_000)}`)).toBe(true);
  expect(text).toMatch(/\[\d+ dropped\]/);
  expect(text.endsWith(`${'x'.repeat(12_284)}last`)).toBe(true);
}, 60_000);

test('everything private to the agent can be read by its user alone', async () => {
  const agent = tools.start(controller.url, controller.code);
  const execution = offer('echo secret-script; sleep 1');
  await controller.told((m) => m.is === 'output' && m.execution === execution);
  const task = join(tools.dataDir, 'tasks', execution);
  const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
  expect(mode(tools.dataDir)).toBe('700');
  expect(mode(join(tools.dataDir, 'agent.key'))).toBe('600');
  expect(mode(join(tools.dataDir, 'identity.json'))).toBe('600');
  expect(mode(join(tools.dataDir, 'journal.log'))).toBe('600');
  expect(mode(task)).toBe('700');
  expect(mode(join(task, 'script'))).toBe('500');
  expect(mode(join(task, 'output'))).toBe('600');
  await controller.ended(execution);
  const secret = controller.code.split('.')[0] ?? 'none';
  expect(agent.log()).not.toContain(secret);
  for (const name of readdirSync(tools.dataDir))
    if (name !== 'tasks') expect(readFileSync(join(tools.dataDir, name), 'utf8')).not.toContain(secret);
});

test('a second agent on the same folder is refused, and one after a kill is not', async () => {
  const first = tools.start(controller.url, controller.code);
  await until(() => controller.sessions.length === 1);
  const second = tools.start(controller.url);
  expect(await second.exited).toBe(78);
  expect(second.log()).toContain('another agent');
  await first.kill('SIGKILL');
  tools.start(controller.url);
  await until(() => controller.sessions.length === 2);
  expect(controller.names.length).toBe(1);
});

test('an agent that is asked to end does so at once, and its script goes on', async () => {
  const agent = tools.start(controller.url, controller.code);
  const witness = join(tools.folder, 'witness');
  const execution = offer(`echo a; sleep 1; echo done >> ${witness}`);
  await controller.told((m) => m.is === 'started');
  expect(await agent.kill('SIGTERM')).toBe(0);
  await until(() => existsSync(witness));
  tools.start(controller.url);
  expect(await controller.ended(execution)).toMatchObject({ phase: 'Success', exitCode: 0 });
  expect(controller.output(execution)).toBe('a\n');
});

test('a controller whose key does not fit the code is not trusted', async () => {
  const agent = tools.start(controller.url, 'secret.0000000000000000');
  expect(await agent.exited).toBe(78);
  const wrong = `${controller.code.slice(0, -1)}${controller.code.endsWith('0') ? '1' : '0'}`;
  const accepting = await startFakeController();
  accepting.code = wrong;
  const other = tools.start(accepting.url, wrong);
  expect(await other.exited).toBe(78);
  expect(other.log()).toContain('another fingerprint');
  expect(existsSync(join(tools.dataDir, 'identity.json'))).toBe(false);
  await accepting.close();
});

test('plain HTTP to another machine is refused', async () => {
  const agent = tools.start('http://192.0.2.1:7480', controller.code);
  expect(await agent.exited).toBe(64);
  expect(agent.log()).toContain('https://');
});

test('a lost enrolment answer is asked for again and is the same instance', async () => {
  controller.fault = (path, count) => (path.endsWith('enrol') && count < 3 ? 'lose the answer' : 'none');
  tools.start(controller.url, controller.code);
  expect(await controller.ended(offer('exit 0'))).toMatchObject({ phase: 'Success' });
  expect(new Set(controller.names).size).toBe(1);
});

test('an answer without the right seal is no answer', async () => {
  const witness = join(tools.folder, 'witness');
  const execution = offer(`echo ran >> ${witness}`);
  let allow = false;
  controller.fault = (path) => (path.endsWith('poll') && !allow ? 'wrong seal' : 'none');
  tools.start(controller.url, controller.code);
  await until(() => controller.requests.filter((path) => path.endsWith('poll')).length >= 3);
  expect(existsSync(witness)).toBe(false);
  allow = true;
  expect(await controller.ended(execution)).toMatchObject({ phase: 'Success' });
});

test('a session that the pinned controller did not sign is not used', async () => {
  controller.fault = (path) => (path.endsWith('session') ? 'wrong signature' : 'none');
  const agent = tools.start(controller.url, controller.code);
  await until(() => controller.sessions.length >= 2);
  expect(controller.requests.some((path) => path.endsWith('poll'))).toBe(false);
  expect(agent.log()).toContain('not signed by the pinned controller');
});

test('a session that the controller has forgotten is opened again at once', async () => {
  tools.start(controller.url, controller.code);
  await controller.ended(offer('exit 0'));
  controller.forgetSessions();
  await controller.ended(offer('exit 0'), 5_000);
  expect(controller.sessions.length).toBe(2);
});

test('Retry-After is honoured, and a revoked instance asks again only in minutes', async () => {
  controller.fault = (path, count) =>
    path.endsWith('challenge') && count === 1 ? { status: 503, code: 'Busy', retryAfter: 1 } : 'none';
  const began = Date.now();
  const agent = tools.start(controller.url, controller.code);
  await controller.ended(offer('exit 0'));
  expect(Date.now() - began).toBeGreaterThan(1000);
  controller.fault = () => ({ status: 403, code: 'InstanceRevoked' });
  await until(() => agent.log().includes('The controller does not want this instance'));
  const asked = controller.requests.length;
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect(controller.requests.length - asked).toBeLessThanOrEqual(1);
});

test('a controller with another memory is handed the journal before anything else', async () => {
  controller.pollSeconds = 1;
  tools.start(controller.url, controller.code);
  const done = offer('exit 7');
  await controller.ended(done);
  const running = offer('sleep 3');
  await controller.told((m) => m.is === 'started' && m.execution === running);
  controller.epoch = 'second';
  controller.forgetSessions();
  const handed = (execution: string) =>
    controller.handedOver[1]?.find((entry) => entry.execution === execution);
  await until(() => handed(running) !== undefined);
  expect(handed(done)?.end).toMatchObject({ phase: 'Failed', exitCode: 7 });
  expect(handed(running)?.startedAt).toBeDefined();
  const polls = controller.requests.filter((path) => path.endsWith('poll')).length;
  await until(() => controller.requests.filter((path) => path.endsWith('poll')).length > polls);
  await controller.ended(running);
  expect(controller.sessions.at(-1)).toMatchObject({ epoch: 'first', highestOffer: 2 });
});

test('what the controller lets go is forgotten, and still never runs again', async () => {
  const first = tools.start(controller.url, controller.code);
  const witness = join(tools.folder, 'witness');
  const old = offer(`echo ran >> ${witness}`);
  await controller.ended(old);
  await new Promise((resolve) => setTimeout(resolve, 100));
  controller.forgetBefore = 2;
  await controller.ended(offer('exit 0'));
  await controller.ended(offer('exit 0'));
  await first.kill('SIGTERM');
  controller.forgetEverything();
  tools.start(controller.url);
  await until(() => (controller.handedOver[1]?.length ?? 0) > 0);
  expect(controller.handedOver[1]?.map((entry) => entry.execution)).not.toContain(old);
  controller.offer(`echo ran >> ${witness}`, { execution: old, offer: 1 });
  expect(await controller.ended(old)).toMatchObject({ phase: 'Unknown' });
  expect(readFileSync(witness, 'utf8')).toBe('ran\n');
});

test('an agent whose journal is damaged says Unknown for what was not over, and hands over anew', async () => {
  const agent = tools.start(controller.url, controller.code);
  const done = offer('exit 0');
  await controller.ended(done);
  const running = offer('sleep 3');
  await controller.told((m) => m.is === 'started' && m.execution === running);
  await agent.kill('SIGKILL');
  const path = join(tools.dataDir, 'journal.log');
  const text = readFileSync(path, 'latin1');
  const at = text.indexOf('"reported"');
  expect(at).toBeGreaterThan(0);
  writeFileSync(path, `${text.slice(0, at)}X${text.slice(at + 1)}`, 'latin1');
  const second = tools.start(controller.url);
  expect(await controller.ended(running)).toMatchObject({
    phase: 'Unknown',
    errorCode: 'ExecutionInterrupted',
  });
  expect(second.log()).toContain('The journal is damaged');
  expect(controller.sessions[0]?.journal).not.toBe(controller.sessions[1]?.journal);
  await until(() => findProcesses(cookieOf(running)).length === 0);
});

function privateDirtyKiB(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    return Number(/^Private_Dirty:\s+(\d+)/m.exec(text)?.[1] ?? 0);
  } catch {
    return 0;
  }
}
