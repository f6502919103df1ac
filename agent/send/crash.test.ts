// kill -9 at each step that an agent takes from the order of a file to its report. Whatever the moment: there is the
// old file or the new one, whole, with one end that says which; and the next life leaves nothing behind.
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AgentTools, crashHook, makeAgentTools } from '../../test/support/agent-process.ts';
import { type FakeController, startFakeController } from '../../test/support/fake-controller.ts';
import { decodeRecord, encodeRecord } from '../journal/record.ts';

let controller: FakeController;
let tools: AgentTools;
let place: string;

beforeEach(async () => {
  controller = await startFakeController();
  tools = makeAgentTools();
  place = join(tools.folder, 'place');
  mkdirSync(place);
});

afterEach(async () => {
  await controller.close();
  await tools.cleanUp([]);
  expect(controller.complaints).toEqual([]);
});

const old = Buffer.from('old');
const fresh = randomBytes(300_000);

/** Between the order and the report: fetching, the temporary file, the record of what is about to be done, the name. */
const moments = [
  ...[4, 5, 7, 9].map((number) => `request before ${number}`),
  ...[9, 12, 13, 14, 15, 16, 17, 18].map((number) => `openSync before ${number}`),
  ...[1, 2, 3].flatMap((number) => [`fdatasync before ${number}`, `fdatasync after ${number}`]),
  'write before 3',
  'renameSync before 2',
  'renameSync after 2',
  'linkSync before 2',
  'linkSync after 2',
  ...[2, 3, 7, 8].flatMap((number) => [`unlinkSync before ${number}`, `unlinkSync after ${number}`]),
];

test.each([
  ['over an old file', true],
  ['where nothing is', false],
])(
  'an agent that is killed at any step of putting a file %s leaves it whole, and one end',
  async (_, overwrite) => {
    await tools.enrolled(controller);
    controller.pieceBytes = 100_000;
    const crashed = new Set<string>();
    for (const [number, moment] of moments.entries()) {
      const name = `f${number}`;
      const path = join(place, name);
      if (overwrite) writeFileSync(path, old, { mode: 0o640 });
      const execution = controller.offerFile(fresh, { targetDir: place, name, overwrite, mode: '0600' });
      const ended = controller.ended(execution, 30_000);
      const doomed = tools.start(controller.url, undefined, {
        node: ['--import', crashHook],
        env: { CRASH_AT: moment },
      });
      const how = await Promise.race([doomed.exited, ended.then(() => 'done')]);
      if (how === 'SIGKILL') crashed.add(moment.split(' ')[0] ?? '');
      else await doomed.kill('SIGTERM');
      const between = existsSync(path) ? readFileSync(path) : undefined;
      const isWhole = between === undefined ? !overwrite : between.equals(old) || between.equals(fresh);
      expect({ moment, isWhole }).toEqual({ moment, isWhole: true });
      if (between?.equals(fresh)) expect(statSync(path).mode & 0o777).toBe(0o600);

      const heir = tools.start(controller.url);
      expect({ moment, ...(await ended) }).toMatchObject({ moment, phase: 'Success' });
      await heir.kill('SIGTERM');
      expect(readFileSync(path).equals(fresh)).toBe(true);
      expect({ moment, left: readdirSync(place).filter((each) => each.startsWith('.')) }).toEqual({
        moment,
        left: [],
      });
    }
    const ends = controller.messages.filter(({ is }) => is === 'ended');
    expect(new Set(ends.map((message) => JSON.stringify(message))).size).toBe(moments.length);
    // The moments are only worth something if they come.
    const last = overwrite ? 'renameSync' : 'linkSync';
    expect([...crashed]).toEqual(expect.arrayContaining(['openSync', 'fdatasync', 'request', 'write', last]));
  },
  180_000,
);

test.each([
  ['edited', () => {}],
  [
    'replaced',
    (path: string) => {
      writeFileSync(`${path}.other`, '');
      renameSync(`${path}.other`, path);
    },
  ],
])(
  'a file that was in its place when the agent was killed, and was %s since, is not put there again',
  async (_, prepare) => {
    await tools.enrolled(controller);
    const path = join(place, 'file');
    const execution = controller.offerFile(fresh, { targetDir: place, overwrite: true });
    // The first rename writes the journal anew; the second gives the file its name.
    const doomed = tools.start(controller.url, undefined, {
      node: ['--import', crashHook],
      env: { CRASH_AT: 'renameSync after 2' },
    });
    expect(await doomed.exited).toBe('SIGKILL');
    expect(readFileSync(path).equals(fresh)).toBe(true);
    prepare(path);
    writeFileSync(path, 'edited by hand meanwhile');
    tools.start(controller.url);
    expect(await controller.ended(execution)).toMatchObject({ phase: 'Success' });
    expect(readFileSync(path, 'utf8')).toBe('edited by hand meanwhile');
  },
);

test('a file whose name was taken while the agent was dead is refused, and leaves nothing', async () => {
  await tools.enrolled(controller);
  const execution = controller.offerFile(fresh, { targetDir: place });
  const doomed = tools.start(controller.url, undefined, {
    node: ['--import', crashHook],
    env: { CRASH_AT: 'linkSync before 2' },
  });
  expect(await doomed.exited).toBe('SIGKILL');
  expect(readdirSync(place)).toHaveLength(1);
  writeFileSync(join(place, 'file'), 'somebody was quicker');
  tools.start(controller.url);
  expect(await controller.ended(execution)).toMatchObject({
    phase: 'Invalid',
    errorCode: 'FileAlreadyExists',
  });
  expect(readdirSync(place)).toEqual(['file']);
  expect(readFileSync(join(place, 'file'), 'utf8')).toBe('somebody was quicker');
});

test('a folder that cannot be reached any more leaves it open whether the file is in its place', async () => {
  await tools.enrolled(controller);
  const execution = controller.offerFile(fresh, { targetDir: join(place, 'made') });
  const doomed = tools.start(controller.url, undefined, {
    node: ['--import', crashHook],
    env: { CRASH_AT: 'linkSync before 2' },
  });
  expect(await doomed.exited).toBe('SIGKILL');
  const [temporary = ''] = readdirSync(join(place, 'made'));
  unlinkSync(join(place, 'made', temporary));
  rmdirSync(join(place, 'made'));
  tools.start(controller.url);
  expect(await controller.ended(execution)).toMatchObject({
    phase: 'Unknown',
    errorCode: 'ExecutionInterrupted',
  });
});

/** Kills an agent between `placing` and the name, and lets its journal say that this was in another boot, or in none. */
async function killedBeforeBoot(overwrite: boolean, bootId: string | undefined): Promise<string> {
  await tools.enrolled(controller);
  const execution = controller.offerFile(fresh, { targetDir: place, overwrite, mode: '0600' });
  const doomed = tools.start(controller.url, undefined, {
    node: ['--import', crashHook],
    env: { CRASH_AT: overwrite ? 'renameSync before 2' : 'linkSync before 2' },
  });
  expect(await doomed.exited).toBe('SIGKILL');
  const path = join(tools.dataDir, 'journal.log');
  const records = readFileSync(path, 'utf8').trimEnd().split('\n').map(decodeRecord);
  const changed = records.map((record) => {
    if (record?.is !== 'placing') return record;
    const { bootId: _bootId, ...rest } = record;
    return bootId === undefined ? rest : { ...rest, bootId };
  });
  expect(changed.filter((record) => record?.is === 'placing')).toHaveLength(1);
  writeFileSync(path, changed.map((record) => (record === undefined ? '' : encodeRecord(record))).join(''));
  return execution;
}

/** The file that waits gets another inode, as it has another device after a boot. */
function renumber(): void {
  const [name = ''] = readdirSync(place).filter((each) => each.startsWith('.'));
  const path = join(place, name);
  copyFileSync(path, `${path}.copy`);
  renameSync(`${path}.copy`, path);
}

function removeHidden(): void {
  for (const name of readdirSync(place)) if (name.startsWith('.')) unlinkSync(join(place, name));
}

const success = { phase: 'Success' };
const nobodyKnows = { phase: 'Unknown', errorCode: 'ExecutionInterrupted' };

test.each([
  { boot: 'another', overwrite: true },
  { boot: undefined, overwrite: true },
  { boot: 'another', overwrite: false },
])(
  'a file that waits for its name after a boot gets it, whatever its device is called by then: %o',
  async ({ boot, overwrite }) => {
    if (overwrite) writeFileSync(join(place, 'file'), old);
    const execution = await killedBeforeBoot(overwrite, boot);
    renumber();
    tools.start(controller.url);
    expect(await controller.ended(execution)).toMatchObject(success);
    expect(readdirSync(place)).toEqual(['file']);
    expect(readFileSync(join(place, 'file')).equals(fresh)).toBe(true);
  },
);

test('a file that a boot has taken away with its folder is not said to be in its place', async () => {
  const execution = await killedBeforeBoot(false, 'another');
  removeHidden();
  tools.start(controller.url);
  expect(await controller.ended(execution)).toMatchObject(nobodyKnows);
  expect(readdirSync(place)).toEqual([]);
});

test('what was in its place before a boot is there after it, by its content', async () => {
  const execution = await killedBeforeBoot(true, 'another');
  removeHidden();
  writeFileSync(join(place, 'file'), fresh);
  tools.start(controller.url);
  expect(await controller.ended(execution)).toMatchObject(success);
});

test('another content after a boot, in the place and beside it, is not the file', async () => {
  writeFileSync(join(place, 'file'), old);
  const execution = await killedBeforeBoot(true, 'another');
  const [name = ''] = readdirSync(place).filter((each) => each.startsWith('.'));
  writeFileSync(join(place, name), 'torn');
  tools.start(controller.url);
  expect(await controller.ended(execution)).toMatchObject(nobodyKnows);
  expect(readdirSync(place)).toEqual(['file']);
  expect(readFileSync(join(place, 'file')).equals(old)).toBe(true);
});

test.skipIf(process.getuid?.() !== 0)(
  'what another user has put under the hidden name after a boot does not become the file, whatever its content',
  async () => {
    const execution = await killedBeforeBoot(false, 'another');
    const [name = ''] = readdirSync(place).filter((each) => each.startsWith('.'));
    chownSync(join(place, name), 65_534, 65_534);
    tools.start(controller.url);
    expect(await controller.ended(execution)).toMatchObject(nobodyKnows);
    expect(readdirSync(place)).toEqual([]);
  },
);
