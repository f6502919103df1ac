// Files that a real agent puts on this machine, from a controller that is there for the test.
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AgentTools, makeAgentTools } from '../../test/support/agent-process.ts';
import { type FakeController, startFakeController } from '../../test/support/fake-controller.ts';
import { smallDisk } from '../../test/support/small-disk.ts';

let controller: FakeController;
let tools: AgentTools;
/** Where the files go: a folder of root's that others may pass. */
let place: string;
const isRoot = process.getuid?.() === 0;
const nobody = 65534;

beforeEach(async () => {
  controller = await startFakeController();
  tools = makeAgentTools();
  chmodSync(tools.folder, 0o755);
  place = join(tools.folder, 'place');
  mkdirSync(place, { mode: 0o755 });
  tools.start(controller.url, controller.code);
});

afterEach(async () => {
  await controller.close();
  await tools.cleanUp([]);
  expect(controller.complaints).toEqual([]);
});

const send = async (
  bytes: Buffer | string,
  file: Parameters<FakeController['offerFile']>[1],
  more?: Parameters<FakeController['offerFile']>[2],
) => controller.ended(controller.offerFile(Buffer.from(bytes), file, more), 30_000);

/** What is in a folder besides what the test put there: nothing of the agent may be left. */
const left = (folder: string) => readdirSync(folder).filter((name) => name.startsWith('.groundcrew'));

test.each([
  ['text', Buffer.from('hello\n')],
  ['an empty one', Buffer.alloc(0)],
  ['bytes that are no text', Buffer.from([0, 255, 254, 10, 13, 0])],
  ['one that does not fit an order', randomBytes(100_000)],
])('%s arrives as it is, with mode 0644, and is reported as Success', async (_, bytes) => {
  expect(await send(bytes, { targetDir: place })).toMatchObject({ phase: 'Success', outputBytes: 0 });
  expect(readFileSync(join(place, 'file')).equals(bytes)).toBe(true);
  expect(statSync(join(place, 'file')).mode & 0o7777).toBe(0o644);
  expect(left(place)).toEqual([]);
  expect(controller.messages.some(({ is }) => is === 'started')).toBe(true);
});

test('folders that are missing are made for everybody to pass', async () => {
  const targetDir = join(place, 'a/b/c');
  expect(await send('x', { targetDir })).toMatchObject({ phase: 'Success' });
  for (const folder of ['a', 'a/b', 'a/b/c'])
    expect(statSync(join(place, folder))).toMatchObject({ uid: process.getuid?.(), mode: 0o40755 });
});

test.runIf(isRoot)('owner, group and mode are those of the order, the setuid bit too', async () => {
  const file = { targetDir: place, owner: 'nobody', group: 'daemon', mode: '4750' };
  expect(await send('x', file)).toMatchObject({ phase: 'Success' });
  expect(statSync(join(place, 'file'))).toMatchObject({ uid: nobody, gid: 1, mode: 0o104750 });
});

test('a file that is there is left alone without overwrite, and replaced as a whole with it', async () => {
  writeFileSync(join(place, 'file'), 'old', { mode: 0o600 });
  expect(await send('new', { targetDir: place })).toMatchObject({
    phase: 'Invalid',
    errorCode: 'FileAlreadyExists',
  });
  expect(readFileSync(join(place, 'file'), 'utf8')).toBe('old');
  const before = statSync(join(place, 'file')).ino;
  expect(await send('new', { targetDir: place, overwrite: true })).toMatchObject({ phase: 'Success' });
  expect(readFileSync(join(place, 'file'), 'utf8')).toBe('new');
  expect(statSync(join(place, 'file')).ino).not.toBe(before);
  expect(statSync(join(place, 'file')).mode & 0o777).toBe(0o644);
});

test('a link at the place of the file is replaced, and what it leads to stays as it was', async () => {
  writeFileSync(join(tools.folder, 'elsewhere'), 'precious');
  for (const [name, leadsTo] of [
    ['link', join(tools.folder, 'elsewhere')],
    ['dangling', join(tools.folder, 'nothing')],
  ] as const) {
    symlinkSync(leadsTo, join(place, name));
    expect(await send('new', { targetDir: place, name })).toMatchObject({ errorCode: 'FileAlreadyExists' });
    expect(readlinkSync(join(place, name))).toBe(leadsTo);
    expect(await send('new', { targetDir: place, name, overwrite: true })).toMatchObject({
      phase: 'Success',
    });
    expect(lstatSync(join(place, name)).isFile()).toBe(true);
  }
  expect(readFileSync(join(tools.folder, 'elsewhere'), 'utf8')).toBe('precious');
  expect(existsSync(join(tools.folder, 'nothing'))).toBe(false);
});

test('a pipe at the place of the file is not opened: refused, or replaced', async () => {
  spawnSync('mkfifo', [join(place, 'file')]);
  expect(await send('new', { targetDir: place })).toMatchObject({ errorCode: 'FileAlreadyExists' });
  expect(await send('new', { targetDir: place, overwrite: true })).toMatchObject({ phase: 'Success' });
  expect(readFileSync(join(place, 'file'), 'utf8')).toBe('new');
});

test('a folder with the name of the file is never replaced', async () => {
  mkdirSync(join(place, 'file'));
  expect(await send('x', { targetDir: place, overwrite: true })).toMatchObject({
    phase: 'Invalid',
    errorCode: 'FilePathInvalid',
  });
});

test.each([
  ['a name with a slash', { name: '../file' }, 'FileNameInvalid'],
  ['the folder itself', { name: '.' }, 'FileNameInvalid'],
  ['a relative folder', { targetDir: 'etc' }, 'FilePathInvalid'],
  ['a folder that leads upwards', { targetDir: '/tmp/../etc' }, 'FilePathInvalid'],
  ['a file in the path', { targetDir: '/etc/passwd/x' }, 'FilePathInvalid'],
  ['a mode that is none', { mode: '9' }, 'FileAuthorityInvalid'],
  ['a user that is not there', { owner: 'nobody-at-all' }, 'AccountNotExists'],
  ['a user by number', { owner: '0' }, 'AccountNotExists'],
  ['a group that is not there', { group: 'nobody-at-all' }, 'UserGroupNotExists'],
])('%s is refused before anything is written', async (_, file, errorCode) => {
  const targetDir = join(place, 'made');
  expect(await send('x', { targetDir, ...file })).toMatchObject({ phase: 'Invalid', errorCode });
  expect(readdirSync(place)).toEqual([]);
});

test('a dry run checks the same, fetches nothing, and writes nothing', async () => {
  const targetDir = join(place, 'made');
  const bytes = randomBytes(100_000);
  expect(await send(bytes, { targetDir }, { dryRun: true })).toMatchObject({ phase: 'Success' });
  expect(await send(bytes, { targetDir, owner: 'nobody-at-all' }, { dryRun: true })).toMatchObject({
    errorCode: 'AccountNotExists',
  });
  expect(readdirSync(place)).toEqual([]);
  expect(controller.offsets).toEqual([]);
});

test('a link in the path that only root could make is followed', async () => {
  mkdirSync(join(place, 'real'));
  symlinkSync('real', join(place, 'relative'));
  symlinkSync(join(place, 'relative'), join(place, 'absolute'));
  expect(await send('x', { targetDir: join(place, 'absolute') })).toMatchObject({ phase: 'Success' });
  expect(readdirSync(join(place, 'real'))).toEqual(['file']);
});

test('links that lead in a circle are refused', async () => {
  symlinkSync('b', join(place, 'a'));
  symlinkSync('a', join(place, 'b'));
  expect(await send('x', { targetDir: join(place, 'a') })).toMatchObject({ errorCode: 'FilePathInvalid' });
});

test.runIf(isRoot)('a link that another user made, or may replace, is not followed', async () => {
  const victim = join(tools.folder, 'victim');
  mkdirSync(victim, { mode: 0o700 });
  const theirs = join(place, 'theirs');
  mkdirSync(theirs);
  chownSync(theirs, nobody, nobody);
  // Root's own link in it can be replaced by whoever owns the folder.
  symlinkSync(victim, join(theirs, 'link'));
  const shared = join(place, 'shared');
  mkdirSync(shared);
  chmodSync(shared, 0o1777);
  symlinkSync(victim, join(shared, 'link'));
  symlinkSync(victim, join(place, 'given'));
  spawnSync('chown', ['-h', 'nobody', join(place, 'given')]);
  for (const targetDir of [join(theirs, 'link'), join(shared, 'link'), join(place, 'given')])
    expect(await send('x', { targetDir })).toMatchObject({ phase: 'Invalid', errorCode: 'FilePathInvalid' });
  expect(readdirSync(victim)).toEqual([]);
});

test.runIf(isRoot)(
  'a folder that its owner swaps for a link all the time never leads anywhere else',
  async () => {
    const victim = join(tools.folder, 'victim');
    mkdirSync(victim, { mode: 0o700 });
    const theirs = join(place, 'theirs');
    mkdirSync(join(theirs, 'a'), { recursive: true });
    spawnSync('chown', ['-R', 'nobody', theirs]);
    const script = `const fs = require('node:fs'); process.chdir('${theirs}');
      const attempt = (step) => { try { step(); } catch {} };
      // What the agent makes meanwhile is moved away too.
      for (let n = 0; ; n += 1) {
        attempt(() => fs.renameSync('a', 'b' + n));
        attempt(() => fs.symlinkSync('${victim}', 'a'));
        attempt(() => fs.unlinkSync('a'));
        attempt(() => fs.renameSync('b' + n, 'a'));
      }`;
    const attacker = spawn(process.execPath, ['-e', script], { uid: nobody, gid: nobody, stdio: 'ignore' });
    try {
      await Promise.all(
        Array.from({ length: 40 }, (_, n) => send('x', { targetDir: join(theirs, 'a'), name: `f${n}` })),
      );
      // Each was made, refused, or failed because nothing was there; none was made elsewhere.
      expect(readdirSync(victim)).toEqual([]);
      expect(attacker.exitCode).toBe(null);
    } finally {
      attacker.kill('SIGKILL');
    }
  },
);

test('of two that put the same name without overwrite at once, one does', async () => {
  const ends = await Promise.all(
    ['one', 'two', 'three', 'four'].map((text) => send(text, { targetDir: place })),
  );
  expect(ends.map(({ phase }) => phase).sort()).toEqual(['Invalid', 'Invalid', 'Invalid', 'Success']);
  expect(left(place)).toEqual([]);
});

test('a full disk leaves the old file, and nothing of the new one', async (context) => {
  const disk = smallDisk(place, '1m');
  if (disk === undefined) return context.skip('this machine mounts nothing');
  try {
    writeFileSync(join(place, 'file'), 'old');
    const end = await send(randomBytes(2_000_000), { targetDir: place, overwrite: true });
    expect(end).toMatchObject({ phase: 'Error', errorCode: 'FileCreateFail' });
    expect(end.message).toContain('ENOSPC');
    expect(readdirSync(place)).toEqual(['file']);
    expect(readFileSync(join(place, 'file'), 'utf8')).toBe('old');
  } finally {
    disk.remove();
  }
});

test.runIf(isRoot)(
  'an agent that is not root puts files where it may, and gives none to others',
  async () => {
    await controller.close();
    await tools.cleanUp([]);
    controller = await startFakeController();
    tools = makeAgentTools();
    chmodSync(tools.folder, 0o755);
    const [mine, roots] = ['mine', 'roots'].map((name) => join(tools.folder, name));
    for (const folder of [tools.dataDir, mine ?? '', roots ?? '']) mkdirSync(folder);
    for (const folder of [tools.dataDir, mine ?? '']) chownSync(folder, nobody, nobody);
    const under = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'];
    tools.start(controller.url, controller.code, { under });
    const targetDir = mine ?? '';
    expect(await send('x', { targetDir, owner: 'nobody' })).toMatchObject({ phase: 'Success' });
    expect(statSync(join(targetDir, 'file'))).toMatchObject({ uid: nobody, gid: nobody });
    for (const given of [{ owner: 'root' }, { group: 'root' }])
      expect(await send('x', { targetDir, name: 'other', ...given })).toMatchObject({
        phase: 'Invalid',
        errorCode: 'FileAuthorityInvalid',
      });
    expect(await send('x', { targetDir: roots ?? '' })).toMatchObject({
      phase: 'Error',
      errorCode: 'FileCreateFail',
    });
    expect(readdirSync(targetDir)).toEqual(['file']);
    expect(readdirSync(roots ?? '')).toEqual([]);
  },
);
