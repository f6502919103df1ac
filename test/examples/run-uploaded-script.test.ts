// examples/run-uploaded-script: a file is sent, and what runs from it is what was reviewed.
import { appendFileSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningExample, startExample } from '../support/example.ts';

const source = fileURLToPath(
  new URL('../../examples/run-uploaded-script/manifests/files/check-outbox.sh', import.meta.url),
);
let example: RunningExample;
let bin: string;
let outbox: string;

beforeAll(async () => {
  example = await startExample('run-uploaded-script', (folder) => ({
    '/usr/local/bin': folder.path('bin'),
    '/var/spool/outbox': folder.path('outbox'),
  }));
  bin = example.folder.path('bin');
  outbox = example.folder.path('outbox');
  mkdirSync(outbox);
  await example.enrol({ name: 'mail-1', labels: { role: 'mail' } });
}, 60_000);

afterAll(() => example?.end());

const upload = (more = {}) => example.commit('manifests', { 'sendFile.targetDir': bin, ...more });
const run = (more = {}) =>
  example.commit('then/2-run-it', {
    'parameters.path': `${bin}/check-outbox`,
    'parameters.argument': outbox,
    ...more,
  });

test('the file is on the machine, and may be executed', async () => {
  upload();
  await example.ended('upload-check-outbox');
  expect(await example.inGit('upload-check-outbox')).toMatchObject({
    phase: 'Success',
    run: { file: { name: 'check-outbox', targetDir: bin } },
  });
  expect(readFileSync(`${bin}/check-outbox`, 'utf8')).toBe(readFileSync(source, 'utf8'));
  expect(statSync(`${bin}/check-outbox`).mode & 0o777).toBe(0o755);
  example.types('groundcrew get executions --invocation upload-check-outbox');
});

test('it runs from there, with its argument, and its exit code is that of the execution', async () => {
  run();
  expect(await example.ended('run-check-outbox')).toMatchObject({ phase: 'Success' });
  example.types('groundcrew logs run-check-outbox');

  writeFileSync(`${outbox}/late letter`, '');
  const twoHoursAgo = Date.now() / 1000 - 7200;
  utimesSync(`${outbox}/late letter`, twoHoursAgo, twoHoursAgo);
  run({ rerun: 'with a late letter' });
  expect(await example.ended('run-check-outbox')).toMatchObject({ instances: [{ exitCode: 1 }] });
  expect(example.controller.cli('logs', 'run-check-outbox')).toMatch(/^1 files in /);
});

test('a script that somebody has changed does not run', async () => {
  appendFileSync(`${bin}/check-outbox`, `touch '${outbox}/it ran'\n`);
  run({ rerun: 'once more' });
  expect(await example.ended('run-check-outbox')).toMatchObject({ instances: [{ exitCode: 65 }] });
  example.types('groundcrew logs run-check-outbox');
  expect(example.controller.cli('logs', 'run-check-outbox')).not.toContain('files in');
});

test('sent once more it takes the place of what somebody has changed', async () => {
  upload({ rerun: 'once more' });
  expect(await example.ended('upload-check-outbox')).toMatchObject({ phase: 'Success' });
  expect(readFileSync(`${bin}/check-outbox`, 'utf8')).toBe(readFileSync(source, 'utf8'));
});

test('a script that is on the machine already is run in the same way', async () => {
  writeFileSync(`${bin}/rotate-keys`, '#!/bin/sh\necho "rotated, with $# arguments"\n', { mode: 0o755 });
  example.commit('then/3-run-another', { 'parameters.path': `${bin}/rotate-keys` });
  expect(await example.ended('run-rotate-keys')).toMatchObject({ phase: 'Success' });
  example.types('groundcrew logs run-rotate-keys');
});

test.each([
  ['a file that is not there', 'nothing', 66],
  ['a file that may not be executed', 'notes', 77],
])('%s is not run', async (_, name, exitCode) => {
  writeFileSync(`${bin}/notes`, 'echo no\n', { mode: 0o644 });
  example.commit('then/3-run-another', { 'parameters.path': `${bin}/${name}` });
  expect(await example.ended('run-rotate-keys')).toMatchObject({ instances: [{ exitCode }] });
});

test('the README shows nothing that was not typed here', () => {
  expect(example.untyped()).toEqual([]);
});
