import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { git } from './git.ts';
import { openPlace, type Place } from './place.ts';
import { ensureRepository, ensureSample, head } from './repository.ts';

let folder: string;
let place: Place;
let manifests: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'groundcrew-up-'));
  place = openPlace(join(folder, '.groundcrew'));
  manifests = join(folder, 'manifests');
  mkdirSync(join(manifests, 'more'), { recursive: true });
  writeFileSync(join(manifests, 'more', 'a.yaml'), 'a: 1\n');
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const subjects = () => git(place.origin, 'log', '--format=%s', 'main');

test('the sample is the second commit, and is made once', async () => {
  for (let start = 0; start < 3; start += 1) {
    await ensureRepository(place);
    await ensureSample(place, manifests);
  }
  expect((await subjects()).split('\n')).toEqual([
    'Add the sample',
    expect.stringContaining('nothing to do'),
  ]);
  expect(await git(place.origin, 'show', 'main:manifests/more/a.yaml')).toBe('a: 1');
  expect(await head(place)).toMatch(/^[0-9a-f]{40}$/);
});

test('a change is edited, committed and pushed as the guide says, also after the folder was moved', async () => {
  await ensureRepository(place);
  await ensureSample(place, manifests);
  renameSync(place.root, join(folder, 'moved'));
  const fleet = join(folder, 'moved', 'fleet');
  writeFileSync(join(fleet, 'manifests', 'more', 'a.yaml'), 'a: 2\n');
  const env = { PATH: process.env.PATH, HOME: folder };
  execFileSync('git', ['-C', fleet, 'commit', '-qam', 'Try a change'], { env });
  execFileSync('git', ['-C', fleet, 'push', '-q'], { env, stdio: 'pipe' });
  expect(await git(join(folder, 'moved', 'origin.git'), 'show', 'main:manifests/more/a.yaml')).toBe('a: 2');
});

test('what was pushed in between is neither lost nor taken back', async () => {
  await ensureRepository(place);
  await ensureSample(place, manifests);
  await git(place.fleet, 'rm', '-rq', 'manifests/more');
  await git(place.fleet, 'commit', '-qm', 'Remove the sample');
  await git(place.fleet, 'push', '-q');
  rmSync(place.fleet, { recursive: true });
  await ensureRepository(place);
  await ensureSample(place, manifests);
  expect(await subjects()).toMatch(/^Remove the sample\n/);
  expect(existsSync(join(place.fleet, 'manifests', 'more'))).toBe(false);
});

test('the repository that we stand in is not touched, whatever the environment says of Git', async () => {
  const other = join(folder, 'other');
  mkdirSync(other);
  await git(other, 'init', '-q');
  await git(
    other,
    '-c',
    'user.name=a',
    '-c',
    'user.email=a@b',
    'commit',
    '-q',
    '--allow-empty',
    '-m',
    'Mine',
  );
  vi.stubEnv('GIT_DIR', join(other, '.git'));
  vi.stubEnv('GIT_WORK_TREE', other);
  vi.stubEnv('GIT_INDEX_FILE', join(other, '.git', 'index'));
  await ensureRepository(place);
  await ensureSample(place, manifests);
  vi.unstubAllEnvs();
  expect(await git(other, 'log', '--all', '--format=%s')).toBe('Mine');
  expect(await git(other, 'status', '--porcelain')).toBe('');
});

test('Git ignores the folder wherever it lies', async () => {
  await git(folder, 'init', '-q');
  await ensureRepository(place);
  expect(await git(folder, 'status', '--porcelain', '--untracked-files=all', '.groundcrew')).toBe('');
});
