// An attacker who always comes at the worst moment: between the look at a part of the path and its opening.
import fs, {
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openFolder } from './open-folder.ts';

let folder: string;
let victim: string;
const { lstatSync } = fs;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'groundcrew-open-'));
  victim = join(folder, 'victim');
  mkdirSync(victim, { mode: 0o700 });
});
afterEach(() => {
  Object.assign(fs, { lstatSync });
  syncBuiltinESMExports();
  rmSync(folder, { recursive: true });
});

/** Does this once, right after this part of a path was looked at. */
function rightAfterLookAt(name: string, attack: () => void): void {
  let done = false;
  const patched = (...args: Parameters<typeof lstatSync>) => {
    const answer = lstatSync(...args);
    if (!done && String(args[0]).endsWith(`/${name}`)) {
      done = true;
      attack();
    }
    return answer;
  };
  Object.assign(fs, { lstatSync: patched });
  syncBuiltinESMExports();
}

const swap = () => {
  renameSync(join(folder, 'a'), join(folder, 'b'));
  symlinkSync(victim, join(folder, 'a'));
};

test('a folder that becomes a link after it was looked at is not entered', () => {
  mkdirSync(join(folder, 'a'));
  rightAfterLookAt('a', swap);
  expect(openFolder(join(folder, 'a'), true)).toMatchObject({ refused: 'FilePathInvalid' });
});

test('a folder that becomes a link after it was opened is still the folder that was opened', () => {
  mkdirSync(join(folder, 'a'));
  const opened = openFolder(join(folder, 'a'), true);
  if (opened === 'missing' || 'refused' in opened) throw new Error('it was not opened');
  swap();
  writeFileSync(`${opened.path}/file`, 'x');
  opened.sync();
  opened.close();
  expect(readdirSync(join(folder, 'b'))).toEqual(['file']);
  expect(readdirSync(victim)).toEqual([]);
});

test('a part that is swapped while a deeper one is looked at leads nowhere else', () => {
  mkdirSync(join(folder, 'a/deep'), { recursive: true });
  mkdirSync(join(victim, 'deep'));
  rightAfterLookAt('deep', swap);
  const opened = openFolder(join(folder, 'a/deep'), true);
  if (opened === 'missing' || 'refused' in opened) throw new Error('it was not opened');
  writeFileSync(`${opened.path}/file`, 'x');
  opened.close();
  expect(readdirSync(join(folder, 'b/deep'))).toEqual(['file']);
  expect(readdirSync(join(victim, 'deep'))).toEqual([]);
});

test.runIf(process.getuid?.() === 0)(
  'a folder that was missing when it was looked at, and is a link when it is made, is not made elsewhere',
  () => {
    // Whose folder it is may make any link in it.
    chownSync(folder, 65534, 65534);
    rightAfterLookAt('a', () => symlinkSync(join(victim, 'made'), join(folder, 'a')));
    expect(openFolder(join(folder, 'a/b'), true)).not.toHaveProperty('path');
    expect(readdirSync(victim)).toEqual([]);
  },
);

test('folders that are made have mode 0755 whatever the umask, and others of that name keep theirs', () => {
  const usual = process.umask(0o077);
  try {
    rightAfterLookAt('a', () => mkdirSync(join(folder, 'a'), { mode: 0o700 }));
    const opened = openFolder(join(folder, 'a/b'), true);
    if (opened === 'missing' || 'refused' in opened) throw new Error('it was not opened');
    opened.close();
  } finally {
    process.umask(usual);
  }
  expect(statSync(join(folder, 'a')).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, 'a/b')).mode & 0o777).toBe(0o755);
});

test('no folder stays open, whatever the answer is', () => {
  mkdirSync(join(folder, 'a/b'), { recursive: true });
  writeFileSync(join(folder, 'file'), '');
  symlinkSync('loop', join(folder, 'loop'));
  const open = () => readdirSync('/proc/self/fd').length;
  const before = open();
  for (const path of ['a/b', 'a/missing', 'file', 'file/b', 'loop']) {
    const opened = openFolder(join(folder, path), false);
    if (opened !== 'missing' && 'close' in opened) opened.close();
  }
  expect(open()).toBe(before);
});
