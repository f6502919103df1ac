// What a script that ends with 193 or 194 does to its machine: real agents, whose power commands write a line.
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { crashHook } from '../../test/support/agent-process.ts';
import { type AgentScene, agentScene, until } from '../../test/support/agent-scene.ts';
import { decodeRecord, encodeRecord } from '../journal/record.ts';

let scene: AgentScene;
let env: Record<string, string>;

beforeEach(async () => {
  scene = await agentScene();
  const command = join(scene.tools.folder, 'power');
  writeFileSync(command, '#!/bin/sh\necho "$@" >>"${0%/*}/done"\nenv >"${0%/*}/env"\n');
  chmodSync(command, 0o755);
  env = {
    GROUNDCREW_POWER_OFF_COMMAND: `${command} off now`,
    GROUNDCREW_REBOOT_COMMAND: `${command}  reboot`,
  };
});

afterEach(() => scene.close());

/** What the power commands were called with, in order. */
function done(): string[] {
  const path = join(scene.tools.folder, 'done');
  return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];
}

const journalPath = () => join(scene.tools.dataDir, 'journal.log');
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('193 powers off and 194 reboots, once each, and other codes do nothing', async () => {
  scene.start({ env: { ...env, GROUNDCREW_LABEL: 'secret=x' } });
  for (const code of [0, 1, 192, 195]) await scene.endOf(`exit ${code}`);
  await pause(300);
  expect(done()).toEqual([]);
  expect(await scene.endOf('exit 193')).toMatchObject({ phase: 'Failed', exitCode: 193 });
  await until(() => done().length === 1);
  await scene.endOf('exit 194');
  await until(() => done().length === 2);
  await pause(300);
  expect(done()).toEqual(['off now', 'reboot']);
  expect(readFileSync(join(scene.tools.folder, 'env'), 'utf8')).not.toContain('GROUNDCREW');
});

test('not before the controller has the end on its disk', async () => {
  const agent = scene.start({ env });
  await scene.endOf('exit 0');
  scene.controller.fault = (path) => (path.endsWith('report') ? { status: 503, code: 'Busy' } : 'none');
  const execution = scene.offer('exit 194');
  await until(() => agent.log().includes(`"Ended","execution":"${execution}"`));
  await pause(700);
  expect(done()).toEqual([]);
  scene.controller.fault = () => 'none';
  await scene.controller.ended(execution);
  await until(() => done().length === 1);
});

test('a script that was killed asks for nothing, whatever it then ends with', async () => {
  scene.start({ env });
  const script = 'trap "exit 194" TERM; echo up; while :; do sleep 0.1; done';
  const stopped = scene.offer(script);
  await scene.controller.told((m) => m.is === 'output' && m.execution === stopped);
  scene.controller.stop(stopped);
  expect(await scene.controller.ended(stopped)).toMatchObject({ phase: 'Terminated' });
  expect(await scene.endOf(script, { timeoutSeconds: 1 })).toMatchObject({ phase: 'Timeout' });
  await pause(500);
  expect(done()).toEqual([]);
});

test('what else runs is cut off, and the log says so', async () => {
  const agent = scene.start({ env });
  const gate = join(scene.tools.folder, 'gate');
  const other = scene.offer(`while ! [ -e ${gate} ]; do sleep 0.05; done`);
  await scene.controller.told((m) => m.is === 'started' && m.execution === other);
  await scene.endOf('exit 194');
  await until(() => done().length === 1);
  expect(agent.log()).toContain('Executions that run are cut off');
  writeFileSync(gate, '');
  await scene.controller.ended(other);
});

test('a power command that fails is an error in the log, and the agent serves on', async () => {
  const agent = scene.start({ env: { ...env, GROUNDCREW_REBOOT_COMMAND: '/no/such/reboot' } });
  await scene.endOf('exit 194');
  await until(() => agent.log().includes('The power command failed'));
  expect(await scene.endOf('exit 0')).toMatchObject({ phase: 'Success' });
});

const deaths: [moment: string, times: number][] = [
  // It has ended, and that was not heard or not noted: it is reported, again if need be, and done then.
  ['fdatasync after 2', 1],
  ['write before 4', 1],
  // From the note on that it is done now, it is not done again.
  ['write after 4', 0],
  ['fdatasync before 3', 0],
  ['fdatasync after 3', 0],
  ['spawn before 2', 0],
  ['spawn after 2', 1],
];

test('an agent that is killed around it never does it twice', async () => {
  const first = scene.start({ env });
  await scene.endOf('exit 0');
  await pause(200);
  await first.kill('SIGTERM');
  for (const [moment, times] of deaths) {
    const before = done().length;
    const execution = scene.offer('exit 194');
    const doomed = scene.start({ env: { ...env, CRASH_AT: moment }, node: ['--import', crashHook] });
    expect([moment, await doomed.exited]).toEqual([moment, 'SIGKILL']);
    const heir = scene.start({ env });
    expect(await scene.controller.ended(execution)).toMatchObject({ exitCode: 194 });
    await scene.endOf('exit 0');
    await pause(200);
    await heir.kill('SIGTERM');
    expect([moment, done().length - before]).toEqual([moment, times]);
  }
}, 60_000);

test('a machine that has been started anew meanwhile is not started anew again', async () => {
  const agent = scene.start({ env });
  await scene.endOf('exit 0');
  scene.controller.fault = (path) => (path.endsWith('report') ? 'lose the request' : 'none');
  const execution = scene.offer('exit 194');
  await until(() => agent.log().includes(`"Ended","execution":"${execution}"`));
  await agent.kill('SIGKILL');
  const text = readFileSync(journalPath(), 'utf8');
  expect(text).toContain('"power":{"action":"reboot"');
  const records = text
    .trimEnd()
    .split('\n')
    .map((line) => {
      const record = decodeRecord(line);
      if (record === undefined) throw new Error('a damaged line');
      if (record.is !== 'ended' || record.power === undefined) return encodeRecord(record);
      return encodeRecord({ ...record, power: { ...record.power, bootId: 'the boot before' } });
    });
  writeFileSync(journalPath(), records.join(''));
  scene.controller.fault = () => 'none';
  scene.start({ env });
  expect(await scene.controller.ended(execution)).toMatchObject({ exitCode: 194 });
  await pause(500);
  expect(done()).toEqual([]);
});
