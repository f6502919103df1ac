// examples/disk-report, inline and rolling-parameters, on three machines: who runs what.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningExample, startExample } from '../support/example.ts';

let example: RunningExample;

beforeAll(async () => {
  example = await startExample('rolling-parameters');
  await example.enrol(
    { name: 'web-1', labels: { role: 'web', zone: 'a' } },
    { name: 'web-2', labels: { role: 'web', zone: 'b' } },
    { name: 'db-1', labels: { role: 'db' } },
  );
}, 60_000);

afterAll(() => example?.end());

/** Names of the instances that ran it. */
const ranOn = ({ instances }: { instances: readonly { name: string }[] }) =>
  instances.map(({ name }) => name).sort();
const has = (program: string) => spawnSync(program, ['--version']).status === 0;

test('rolling-parameters: the canaries get one version, the rest another', async () => {
  const folder = example.folder.path('versions');
  example.commit('manifests', { 'parameters.folder': folder });
  const canary = await example.ended('deploy-shop-canary');
  const rest = await example.ended('deploy-shop-rest');
  expect([canary.phase, rest.phase]).toEqual(['Success', 'Success']);
  expect([ranOn(canary), ranOn(rest)]).toEqual([['web-1'], ['web-2']]);
  expect(example.controller.cli('logs', 'deploy-shop-canary')).toBe('shop is at 2.1.0\n');
  expect(example.controller.cli('logs', 'deploy-shop-rest')).toBe('shop is at 2.0.3\n');
  expect(['2.1.0\n', '2.0.3\n']).toContain(readFileSync(`${folder}/shop`, 'utf8'));
});

test('disk-report: a full file system is exit code 1, and nothing else is', async () => {
  example.commit('../disk-report/manifests');
  const status = await example.ended('disk-report-databases');
  expect(ranOn(status)).toEqual(['db-1']);
  const output = example.controller.cli('logs', 'disk-report-databases');
  if (status.instances[0]?.exitCode === 0) expect(output).toBe('nothing is fuller than 85 %\n');
  else {
    expect(status.instances[0]?.exitCode).toBe(1);
    expect(output).toMatch(/^(\/.* is (8[6-9]|9\d|100)% full\n)+$/);
  }
});

test.skipIf(!has('perl') || !has('python3'))('inline: Python by name, and Perl everywhere', async () => {
  example.commit('../inline/manifests');
  const python = await example.ended('python-version');
  const perl = await example.ended('count-old-files');
  expect([python.phase, perl.phase]).toEqual(['Success', 'Success']);
  expect([ranOn(python), ranOn(perl)]).toEqual([
    ['web-1', 'web-2'],
    ['db-1', 'web-1', 'web-2'],
  ]);
  expect(example.controller.cli('logs', 'python-version')).toMatch(/^web-1 \| Python 3\./m);
  expect(example.controller.cli('logs', 'count-old-files')).toMatch(/^db-1 \| \d+ files in \/var\/tmp/m);
});
