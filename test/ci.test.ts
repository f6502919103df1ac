import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'groundcrew-ci-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Status = 'passed' | 'failed' | 'pending';

/** A report as the runner writes it: files, each with the ends of its tests. */
function report(files: { status: 'passed' | 'failed'; tests: Status[] }[]): string {
  const count = (status: Status) =>
    files.flatMap(({ tests }) => tests).filter((test) => test === status).length;
  return JSON.stringify({
    numPassedTests: count('passed'),
    numFailedTests: count('failed'),
    numPendingTests: count('pending'),
    numTodoTests: 0,
    testResults: files.map(({ status, tests }) => ({
      name: 'some.test.ts',
      status,
      message: '',
      assertionResults: tests.map((test) => ({ status: test })),
    })),
  });
}

function run(script: string, ...args: string[]): { line: string; code: number | null } {
  const { stdout, status } = spawnSync(process.execPath, [join(root, 'scripts', script), ...args], {
    encoding: 'utf8',
  });
  return { line: stdout.trimEnd(), code: status };
}

function fileWith(text: string): string {
  const file = join(folder, 'file');
  writeFileSync(file, text);
  return file;
}

describe('the last line of a check', () => {
  it.each([
    ['all that ran passed', [{ status: 'passed', tests: ['passed', 'passed'] }], '2 passed, 0 failed', 0],
    ['one failed', [{ status: 'failed', tests: ['passed', 'failed'] }], '1 passed, 1 failed', 1],
    [
      'one was skipped',
      [{ status: 'passed', tests: ['passed', 'pending'] }],
      '1 skipped\n1 passed, 0 failed',
      0,
    ],
    [
      'a file broke before its first test',
      [
        { status: 'passed', tests: ['passed'] },
        { status: 'failed', tests: [] },
      ],
      '1 passed, 1 failed',
      1,
    ],
    ['no test ran', [], '0 passed, 0 failed', 1],
    ['all were skipped', [{ status: 'passed', tests: ['pending'] }], '1 skipped\n0 passed, 0 failed', 1],
  ] satisfies [string, Parameters<typeof report>[0], string, number][])(
    'says so when %s',
    (_, files, line, code) => {
      expect(run('ci-summary.mjs', fileWith(report(files)))).toEqual({ line, code });
    },
  );

  it('is one of failure when the runner left no report or half of one', () => {
    expect(run('ci-summary.mjs', join(folder, 'none'))).toEqual({ line: '0 passed, 0 failed', code: 1 });
    expect(run('ci-summary.mjs', fileWith('{"numPassed'))).toEqual({ line: '0 passed, 0 failed', code: 1 });
  });
});

describe('the test command', () => {
  it('is what stands in the first block under the heading', () => {
    const readme =
      '# x\n\n```sh\nnpm start\n```\n\n## Test\n\nAll of it:\n\n```sh\nnpm install\nnpm test\n```\n';
    expect(run('readme-command.mjs', fileWith(readme), 'Test')).toEqual({
      line: 'npm install\nnpm test',
      code: 0,
    });
  });

  it.each([
    ['the heading is missing', '# x\n```\nnpm test\n```\n'],
    ['the block is missing', '## Test\n\nnpm test\n'],
    ['the block belongs to the next heading', '## Test\n\n## Other\n\n```\nnpm test\n```\n'],
    ['the block is never closed', '## Test\n```\nnpm test\n'],
  ])('is refused when %s', (_, readme) => {
    expect(run('readme-command.mjs', fileWith(readme), 'Test')).toEqual({ line: '', code: 1 });
  });
});

interface Locked {
  optionalDependencies?: Record<string, string>;
}

it('the lockfile has an entry for every optional package of every platform, or npm ci refuses it', () => {
  // A registry that lacks one of them lets `npm install` leave it out without a word. Then add it by hand:
  // version, os, cpu, "optional": true.
  const text = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const { packages }: { packages: Record<string, Locked> } = JSON.parse(text);
  const wanted = Object.values(packages).flatMap(({ optionalDependencies = {} }) =>
    Object.keys(optionalDependencies),
  );
  const locked = Object.keys(packages).map((path) => path.slice(path.lastIndexOf('node_modules/') + 13));
  expect(wanted.length).toBeGreaterThan(50);
  expect(wanted.filter((name) => !locked.includes(name))).toEqual([]);
});

it('a build without the development packages says what is missing, and what to type', () => {
  const clone = join(folder, 'clone');
  mkdirSync(join(clone, 'scripts'), { recursive: true });
  copyFileSync(join(root, 'scripts/build.mjs'), join(clone, 'scripts/build.mjs'));
  const { status, stderr } = spawnSync(process.execPath, [join(clone, 'scripts/build.mjs')], {
    encoding: 'utf8',
  });
  expect(status).toBe(1);
  expect(stderr).toContain('development packages');
  expect(stderr).toContain('npm install --include=dev');
  expect(stderr).not.toContain('ERR_MODULE_NOT_FOUND');
});
