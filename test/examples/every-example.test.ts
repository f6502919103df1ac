// Each example, and the sample that `npm start` runs, is a repository that `validate` accepts, commit by commit, with a
// README that names its files and scripts that people can copy. What they do is tested beside this, one by one.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { checkManifests } from '../../cli/check-manifests.ts';
import { usualLimits } from '../../controller/manifest/limits.ts';
import { type Scratch, scratch } from '../support/processes.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'examples');
const examples = foldersIn(folder);
let copy: Scratch | undefined;
afterEach(() => copy?.remove());

function foldersIn(path: string): string[] {
  const entries = existsSync(path) ? readdirSync(path, { withFileTypes: true }) : [];
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

/** Paths of the files below a folder, from there. */
function filesIn(path: string): string[] {
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(path, join(entry.parentPath, entry.name)));
}

function validate(path: string) {
  const args = [join(root, 'bin', 'groundcrew.js'), 'validate', '--format', 'json'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: path, encoding: 'utf8' });
  if (stdout === '') throw new Error(stderr);
  const report: { valid: boolean; files: number; problems: unknown[] } = JSON.parse(stdout);
  return { status, ...report };
}

test('there are examples, and the index names each', () => {
  expect(examples.length).toBeGreaterThanOrEqual(10);
  const index = readFileSync(join(folder, 'README.md'), 'utf8');
  const named = [...index.matchAll(/\]\(([a-z-]+)\/\)/g)].map(([, name = '']) => name);
  expect(named.sort()).toEqual(examples);
});

describe.each(examples)('%s', (example) => {
  const files = filesIn(join(folder, example));
  const readme = readFileSync(join(folder, example, 'README.md'), 'utf8');

  test('is valid after each of its commits', async () => {
    copy = scratch();
    cpSync(join(folder, example, 'manifests'), copy.path('manifests'), { recursive: true });
    for (const commit of [undefined, ...foldersIn(join(folder, example, 'then'))]) {
      if (commit !== undefined)
        cpSync(join(folder, example, 'then', commit), copy.path('manifests'), { recursive: true });
      const report = await checkManifests([], { cwd: copy.path(), limits: usualLimits, now: Date.now() });
      expect({ commit, problems: report.problems }).toEqual({ commit, problems: [] });
      expect(report.files.length).toBeGreaterThanOrEqual(1);
    }
  });

  test('has a README that names what there is, and nothing that is not there', () => {
    const commits = foldersIn(join(folder, example, 'then')).map((commit) => `then/${commit}/`);
    const named = [...files.filter((file) => file.startsWith('manifests/')), ...commits];
    for (const path of named) expect(readme).toContain(path);
    const links = [...readme.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, link = '']) => link);
    for (const link of links) expect([link, existsSync(join(folder, example, link))]).toEqual([link, true]);
  });

  test('has scripts that stop where something fails', () => {
    for (const file of files.filter((name) => name.endsWith('.sh'))) {
      const path = join(folder, example, file);
      expect(readFileSync(path, 'utf8')).toMatch(/^#!\/bin\/sh\n(?:#.*\n)*set -eu\n/);
      expect(spawnSync('sh', ['-n', path], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
    }
  });
});

test('the sample is valid', () => {
  const { files, ...result } = validate(root);
  expect(result).toEqual({ status: 0, valid: true, problems: [] });
  expect(files).toBe(2);
});
