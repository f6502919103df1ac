import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { folderSnapshot, pathInRoot } from './folder.ts';

let root = '';

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'groundcrew-folder-'));
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

function put(path: string, text = path, mode = 0o644): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text, { mode });
}

test('a folder is listed with everything below it, and equal files have equal ids', async () => {
  put('m/a.yaml', 'same');
  put('m/b/c.yaml', 'same');
  put('m/run.sh', 'x', 0o755);
  put('elsewhere.yaml');
  const { files, read, commit } = folderSnapshot(root, ['m'], 'm');
  expect(commit).toBe('worktree');
  expect([...files.keys()].sort()).toEqual(['m/a.yaml', 'm/b/c.yaml', 'm/run.sh']);
  expect(files.get('m/a.yaml')).toEqual({ ...files.get('m/b/c.yaml'), mode: '100644' });
  expect(files.get('m/run.sh')?.mode).toBe('100755');
  const blob = files.get('m/a.yaml')?.blob ?? '';
  expect(await read([blob], 10)).toEqual(new Map([[blob, Buffer.from('same')]]));
  expect(await read([blob], 3)).toEqual(new Map([[blob, { tooLarge: 4 }]]));
});

test('a file outside of the listed folders is found by its name', () => {
  put('m/a.yaml');
  put('scripts/x.sh');
  const { files } = folderSnapshot(root, ['m'], 'm');
  expect(files.get('scripts/x.sh')).toMatchObject({ mode: '100644' });
  expect(files.has('scripts/x.sh')).toBe(true);
  expect(files.has('scripts')).toBe(false);
  expect(files.has('scripts/y.sh')).toBe(false);
});

test('a symbolic link is listed as one and never followed', () => {
  put('secret/a.yaml');
  put('m/a.yaml');
  symlinkSync('../secret', join(root, 'm/dir'));
  symlinkSync('/etc/hostname', join(root, 'm/b.yaml'));
  const { files } = folderSnapshot(root, ['m'], 'm');
  expect([...files].map(([path, { mode }]) => [path, mode])).toEqual([
    ['m/a.yaml', '100644'],
    ['m/b.yaml', '120000'],
    ['m/dir', '120000'],
  ]);
});

test('another repository in the folder is a submodule, and .git and node_modules are left out', () => {
  put('.git/HEAD');
  put('node_modules/p/a.yaml');
  put('a.yaml');
  put('vendor/.git', 'gitdir: ../.git/modules/vendor');
  put('vendor/b.yaml');
  const { files } = folderSnapshot(root, [''], '');
  expect([...files].map(([path, { mode }]) => [path, mode])).toEqual([
    ['a.yaml', '100644'],
    ['vendor', '160000'],
  ]);
});

test('a path is in the root only if what it leads through is', () => {
  put('m/a.yaml');
  symlinkSync('/etc', join(root, 'link'));
  expect(pathInRoot(root, join(root, 'm/a.yaml'))).toBe('m/a.yaml');
  expect(pathInRoot(root, root)).toBe('');
  expect(pathInRoot(root, join(root, 'link'))).toBe('link');
  expect(pathInRoot(root, join(root, 'link/hostname'))).toBeUndefined();
  expect(pathInRoot(root, dirname(root))).toBeUndefined();
});
