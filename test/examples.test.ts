// Each example, and the sample that `npm start` runs, is a repository that `validate` accepts.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const examples = readdirSync(join(root, 'examples'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => join('examples', entry.name));

function validate(folder: string) {
  const args = [join(root, 'bin', 'groundcrew.js'), 'validate', '--format', 'json'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  if (stdout === '') throw new Error(stderr);
  const report: { valid: boolean; files: number; problems: unknown[] } = JSON.parse(stdout);
  return { status, ...report };
}

test('there are examples', () => {
  expect(examples.length).toBeGreaterThanOrEqual(3);
});

test.each(examples)('%s is valid and says what it shows', (example) => {
  const { files, ...result } = validate(join(root, example));
  expect(result).toEqual({ status: 0, valid: true, problems: [] });
  expect(files).toBeGreaterThanOrEqual(1);
  expect(existsSync(join(root, example, 'README.md'))).toBe(true);
});

test('the sample is valid', () => {
  const { files, ...result } = validate(root);
  expect(result).toEqual({ status: 0, valid: true, problems: [] });
  expect(files).toBe(2);
});
