// Real wrappers in task folders that are not as they should be, each to its end.
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { End } from '../../schemas/generated/wire.ts';
import { makeHalt } from '../halt.ts';
import { findProcesses } from '../host/process-table.ts';
import { type Journal, openJournal } from '../journal/journal.ts';
import type { Limits } from '../journal/record.ts';
import { makeOutputReader } from '../report/output-reader.ts';
import { watchOutput } from '../report/watch-output.ts';
import { makeOutputBound, type OutputLimits } from './output-bound.ts';
import { supervise } from './supervise.ts';
import { makeTaskFolder, type TaskFolder, taskFolder } from './task-folder.ts';
import { cookieOf, startWrapper } from './wrapper.ts';

const at = () => '2026-11-23T00:00:00.000Z';
/** Its own in each run: it is by its name that the processes of an execution are found, and killed. */
const execution = `r-${randomBytes(12).toString('hex')}.once.mi-00000000000000000000`;

const log = { info: () => {}, warn: () => {}, error: () => {} };

let home: string;
let journal: Journal;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'groundcrew-supervise-'));
  journal = await openJournal({ dataDir: home, newId: () => 'id', at, log, onError: () => {} });
});

afterEach(async () => {
  await journal.close();
  rmSync(home, { recursive: true, force: true });
  expect(findProcesses(cookieOf(execution))).toEqual([]);
});

async function endOf(
  script: string,
  spoil: (folder: TaskFolder) => void,
  outputLimits?: OutputLimits,
  more: Partial<Limits> = {},
): Promise<End | undefined> {
  const folder = taskFolder(home, execution, 1);
  makeTaskFolder(folder, script);
  spoil(folder);
  const cookie = { GROUNDCREW_EXECUTION: execution };
  const environment = { PATH: process.env.PATH ?? '/usr/bin:/bin', ...cookie };
  const { pid, ended } = await startWrapper(folder, ['/bin/sh', folder.script], environment, home);
  const timing = { bootId: 'boot', startedAt: at(), limits: { timeoutSeconds: 60, ...more }, restMs: 60_000 };
  const over = makeHalt();
  const bound = makeOutputBound(folder.output, log, outputLimits);
  const reader = makeOutputReader(
    execution,
    folder.output,
    () => performance.now(),
    () => 24 * 1024,
  );
  const watching = watchOutput(reader, () => {}, bound, over);
  const { tooMuch } = bound;
  try {
    return await supervise(
      { execution, offer: 1, folder, pid, ended, ...timing },
      { journal, at, stopAsked: new Promise(() => {}), tooMuch, stopped: makeHalt(), over },
    );
  } finally {
    over.ask();
    await watching;
  }
}

test('a claim that a full disk left empty is an Error: the script never ran', async () => {
  const end = await endOf('exit 0', ({ path }) => writeFileSync(`${path}/started`, ''));
  expect(end).toMatchObject({ phase: 'Error', errorCode: 'ExecutionException', outputBytes: 0 });
  expect(end?.exitCode).toBeUndefined();
});

test('where no output file can be made the script does not run, and that is an Error', async () => {
  const end = await endOf('exit 0', ({ output }) => mkdirSync(output));
  expect(end).toMatchObject({ phase: 'Error', errorCode: 'ExecutionException' });
});

test('a script that ends with 125 of its own has failed with 125, though its exit cannot be written', async () => {
  const end = await endOf('exit 125', ({ path }) => mkdirSync(`${path}/exit`));
  expect(end).toMatchObject({ phase: 'Failed', exitCode: 125 });
});

test('a script whose output cannot be freed is ended when it takes too much of the disk', async () => {
  const limits = { freeEvery: 200_000, most: 1_000_000, fallocate: '/no/such/fallocate' };
  // All of it, though only its own process was to be ended: what is left would go on filling the disk.
  const script = 'while :; do head -c 100000 /dev/zero; sleep 0.02; done & wait';
  const end = await endOf(script, () => {}, limits, { terminationMode: 'Process' });
  expect(end).toMatchObject({ phase: 'Error', errorCode: 'ExecutionException' });
  expect(end?.message).toContain('wrote more output than');
  expect(end?.outputBytes).toBeGreaterThan(1_000_000);
  expect(end?.outputBytes).toBeLessThan(20_000_000);
});
