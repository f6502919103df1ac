import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { endLeftovers } from './crew.ts';
import { takeLock } from './lock.ts';
import { openPlace, type Place, readMemory, writeMemory } from './place.ts';
import { freePort } from './port.ts';
import { markOf, runs } from './process-mark.ts';

let place: Place;
beforeEach(() => {
  place = openPlace(mkdtempSync(join(tmpdir(), 'groundcrew-lock-')));
});
afterEach(() => rmSync(place.root, { recursive: true, force: true }));

test('a second one is told which process holds the place', () => {
  const release = takeLock(place);
  expect(() => takeLock(place)).toThrow(`already runs here, as process ${process.pid}`);
  release();
  expect(() => takeLock(place)()).not.toThrow();
  expect(existsSync(place.lockFile)).toBe(false);
});

test.each([
  ['a process that has ended', { pid: 2 ** 22 + 1 }],
  ['a process whose id another one has now', { pid: process.pid, startedAt: '1' }],
])('a lock of %s holds nobody', (_, mark) => {
  writeFileSync(place.lockFile, JSON.stringify(mark));
  expect(() => takeLock(place)()).not.toThrow();
});

test('a broken lock holds nobody', () => {
  writeFileSync(place.lockFile, '');
  expect(() => takeLock(place)()).not.toThrow();
});

test('what a killed start has left running is ended, and nothing else', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  const mark = markOf(child.pid ?? 0);
  expect(runs(mark)).toBe(true);
  writeMemory(place, { port: 1234, children: [{ pid: process.pid, startedAt: '1' }, mark] });
  expect(await endLeftovers(place)).toBe(1);
  await gone;
  expect(child.signalCode).toBe('SIGTERM');
  expect(runs(mark)).toBe(false);
  expect(readMemory(place).port).toBe(1234);
});

test('a port that is taken is left to who has it', async () => {
  const first = await freePort([]);
  const { createServer } = await import('node:net');
  const server = createServer().listen(first, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const second = await freePort([first]);
  expect(second).not.toBe(first);
  expect(await freePort([second])).toBe(second);
  await new Promise((resolve) => server.close(resolve));
});
