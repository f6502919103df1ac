// What does not fit an order, as real agents fetch it: large files, and large scripts.
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sha256 } from '../../schemas/digest.ts';
import { type AgentTools, crashHook, makeAgentTools } from '../../test/support/agent-process.ts';
import { type FakeController, startFakeController } from '../../test/support/fake-controller.ts';

let controller: FakeController;
let tools: AgentTools;
let place: string;
let executions: string[];

const MiB = 1024 * 1024;
const path = '/v1/agent/blob';

beforeEach(async () => {
  controller = await startFakeController();
  tools = makeAgentTools();
  place = join(tools.folder, 'place');
  mkdirSync(place);
  executions = [];
});

afterEach(async () => {
  await controller.close();
  await tools.cleanUp(executions);
  expect(controller.complaints).toEqual([]);
});

const partOf = (execution: string) => join(tools.dataDir, 'tasks', `${execution}.blob`);

async function until(test: () => boolean): Promise<void> {
  while (!test()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Private, dirty memory in MiB: what the process alone costs. */
function memoryOf(pid: number): number {
  const [, kilobytes] =
    /^Private_Dirty:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}

test('64 MiB arrive although connections are cut, each piece is fetched once, and the agent stays small', async () => {
  const agent = tools.start(controller.url, controller.code);
  const warm = controller.offerFile(Buffer.from('x'), { targetDir: place, name: 'warm' });
  await controller.ended(warm);
  const before = memoryOf(agent.pid);
  const bytes = randomBytes(64 * MiB);
  let lost = 0;
  controller.fault = (asked, count) => {
    if (asked !== path || count % 20 !== 0) return 'none';
    lost += 1;
    return count % 40 === 0 ? 'lose the request' : 'lose the answer';
  };
  let most = 0;
  const watching = setInterval(() => {
    most = Math.max(most, memoryOf(agent.pid));
  }, 20);
  try {
    const execution = controller.offerFile(bytes, { targetDir: place });
    expect(await controller.ended(execution, 60_000)).toMatchObject({ phase: 'Success' });
  } finally {
    clearInterval(watching);
  }
  expect(readFileSync(join(place, 'file')).equals(bytes)).toBe(true);
  expect(lost).toBeGreaterThan(2);
  expect([...new Set(controller.offsets)]).toEqual(Array.from({ length: 64 }, (_, n) => n * MiB));
  // An answer that was lost is the only reason to ask again.
  expect(controller.offsets.length).toBeLessThanOrEqual(64 + lost);
  // Much less than the file.
  expect(most - before).toBeLessThan(40);
  expect(readdirSync(join(tools.dataDir, 'tasks')).filter((name) => name.endsWith('.blob'))).toEqual([]);
}, 90_000);

test('an agent that is killed in the middle goes on where it was', async () => {
  await tools.enrolled(controller);
  const bytes = randomBytes(10 * MiB);
  const first = tools.start(controller.url);
  controller.fault = (asked, count) => (asked === path && count > 6 ? 'lose the answer' : 'none');
  const execution = controller.offerFile(bytes, { targetDir: place });
  await until(() => controller.offsets.length > 6);
  await first.kill('SIGKILL');
  const had = statSync(partOf(execution)).size;
  expect(had).toBe(6 * MiB);
  controller.fault = () => 'none';
  controller.offsets.length = 0;
  tools.start(controller.url);
  expect(await controller.ended(execution)).toMatchObject({ phase: 'Success' });
  expect(controller.offsets).toEqual([6, 7, 8, 9].map((n) => n * MiB));
  expect(readFileSync(join(place, 'file')).equals(bytes)).toBe(true);
});

test('bytes on the disk that have become wrong are fetched anew', async () => {
  await tools.enrolled(controller);
  const bytes = randomBytes(4 * MiB);
  const first = tools.start(controller.url);
  controller.fault = (asked, count) => (asked === path && count > 2 ? 'lose the answer' : 'none');
  const execution = controller.offerFile(bytes, { targetDir: place });
  await until(() => controller.offsets.length > 2);
  await first.kill('SIGKILL');
  // As a power cut leaves a file: its length, and nothing in it.
  truncateSync(partOf(execution), 0);
  truncateSync(partOf(execution), 3 * MiB);
  controller.fault = () => 'none';
  controller.offsets.length = 0;
  tools.start(controller.url);
  expect(await controller.ended(execution)).toMatchObject({ phase: 'Success' });
  expect(controller.offsets).toEqual([3, 0, 1, 2, 3].map((n) => n * MiB));
  expect(readFileSync(join(place, 'file')).equals(bytes)).toBe(true);
});

test.each([
  ['other bytes', (bytes: Buffer) => Buffer.alloc(bytes.length)],
  ['fewer bytes', (bytes: Buffer) => bytes.subarray(1)],
  ['more bytes', (bytes: Buffer) => Buffer.concat([bytes, bytes])],
])('%s than were promised are thrown away three times, and nothing gets their name', async (_, changed) => {
  tools.start(controller.url, controller.code);
  const bytes = randomBytes(100_000);
  controller.blobs.set(sha256(bytes), changed(bytes));
  writeFileSync(join(place, 'file'), 'old');
  const execution = controller.offerFile(bytes, { targetDir: place, overwrite: true });
  expect(await controller.ended(execution)).toMatchObject({
    phase: 'Error',
    errorCode: 'FileContentInvalid',
  });
  expect(controller.offsets).toEqual([0, 0, 0]);
  expect(readdirSync(place)).toEqual(['file']);
  expect(readFileSync(join(place, 'file'), 'utf8')).toBe('old');
  await until(() => !existsSync(partOf(execution)));
});

test('wrong content that came with the order gets no name', async () => {
  tools.start(controller.url, controller.code);
  const execution = controller.offerFile(Buffer.from('right'), { targetDir: place, content: btoa('wrong') });
  expect(await controller.ended(execution)).toMatchObject({
    phase: 'Error',
    errorCode: 'FileContentInvalid',
  });
  expect(readdirSync(place)).toEqual([]);
});

test('content that the controller has no more is not asked for again', async () => {
  tools.start(controller.url, controller.code);
  const bytes = randomBytes(100_000);
  controller.fault = () => {
    controller.blobs.clear();
    return 'none';
  };
  const execution = controller.offerFile(bytes, { targetDir: place });
  expect(await controller.ended(execution)).toMatchObject({
    phase: 'Error',
    errorCode: 'FileContentInvalid',
  });
  expect(controller.offsets).toEqual([0]);
});

/** A controller that answers everything but pieces: fetching takes for ever. */
function neverGivePieces(): void {
  controller.fault = (asked) =>
    asked === path ? { status: 503, code: 'Overloaded', retryAfter: 1 } : 'none';
}

test('fetching has its end at the timeout, and leaves nothing', async () => {
  tools.start(controller.url, controller.code);
  neverGivePieces();
  const file = { targetDir: join(place, 'made') };
  const execution = controller.offerFile(randomBytes(100_000), file, { timeoutSeconds: 1 });
  expect(await controller.ended(execution)).toMatchObject({
    phase: 'Timeout',
    errorCode: 'ExecutionTimeout',
  });
  expect(readdirSync(place)).toEqual([]);
  await until(() => !existsSync(partOf(execution)));
});

test('a stop ends the fetching of a file, and leaves nothing', async () => {
  tools.start(controller.url, controller.code);
  neverGivePieces();
  const execution = controller.offerFile(randomBytes(100_000), { targetDir: place });
  await controller.told((m) => m.is === 'started' && m.execution === execution);
  controller.stop(execution);
  expect(await controller.ended(execution)).toMatchObject({ phase: 'Terminated' });
  expect(readdirSync(place)).toEqual([]);
});

/** A script of this many bytes that begins so. */
const large = (beginning: string, size: number) =>
  Buffer.from(`${beginning}\nexit 3\n`.padEnd(size, '# not run\n'));

function offerLarge(bytes: Buffer, more: Parameters<FakeController['offer']>[1] = {}): string {
  const blob = { sha256: sha256(bytes), size: bytes.length };
  controller.blobs.set(blob.sha256, bytes);
  const execution = controller.offer('', { blob, ...more });
  executions.push(execution);
  return execution;
}

test('a large script is run as it is, by what its first line says, with its parameters in the environment', async () => {
  tools.start(controller.url, controller.code);
  const script = large('#!/bin/bash\necho "$BASH_VERSION" | cut -c1; echo {{who}} $GC_PARAM_WHO', 5 * MiB);
  const execution = offerLarge(script, { environment: { GC_PARAM_WHO: 'you' } });
  expect(await controller.ended(execution, 30_000)).toMatchObject({ phase: 'Failed', exitCode: 3 });
  expect(controller.output(execution)).toMatch(/^\d\n\{\{who\}\} you\n$/);
  expect(controller.offsets).toHaveLength(5);
});

test.runIf(process.getuid?.() === 0)('a large script runs as the user that it is for', async () => {
  tools.start(controller.url, controller.code);
  const execution = offerLarge(large('id -un', 2 * MiB), { username: 'daemon', workingDir: '/' });
  chmodSync(tools.folder, 0o755);
  expect(await controller.ended(execution, 30_000)).toMatchObject({ phase: 'Failed', exitCode: 3 });
  expect(controller.output(execution)).toBe('daemon\n');
});

test('a large script whose agent is killed before it starts runs once, and is not fetched again', async () => {
  await tools.enrolled(controller);
  const script = large(`echo ran >> ${join(place, 'witness')}`, 2 * MiB);
  const execution = offerLarge(script);
  const doomed = tools.start(controller.url, undefined, {
    node: ['--import', crashHook],
    env: { CRASH_AT: 'spawn before 1' },
  });
  expect(await doomed.exited).toBe('SIGKILL');
  expect(existsSync(join(place, 'witness'))).toBe(false);
  controller.offsets.length = 0;
  tools.start(controller.url);
  expect(await controller.ended(execution)).toMatchObject({ phase: 'Failed', exitCode: 3 });
  expect(readFileSync(join(place, 'witness'), 'utf8')).toBe('ran\n');
  expect(controller.offsets).toEqual([]);
});

test('a stop of a large script that is being fetched means that it never starts', async () => {
  tools.start(controller.url, controller.code);
  neverGivePieces();
  const execution = offerLarge(large(`touch ${join(place, 'witness')}`, MiB));
  await controller.told((m) => m.is === 'received' && m.execution === execution);
  controller.stop(execution, 'leave');
  expect(await controller.ended(execution)).toMatchObject({ phase: 'Cancelled' });
  expect(controller.messages.some(({ is }) => is === 'started')).toBe(false);
});

test('a large script that does not come within its timeout never starts', async () => {
  tools.start(controller.url, controller.code);
  neverGivePieces();
  const execution = offerLarge(large('true', MiB), { timeoutSeconds: 1 });
  expect(await controller.ended(execution)).toMatchObject({
    phase: 'Timeout',
    errorCode: 'ExecutionTimeout',
  });
  expect(controller.messages.some(({ is }) => is === 'started')).toBe(false);
});
