import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mostKept } from '../report/output-reader.ts';
import { makeOutputBound } from './output-bound.ts';

const MiB = 1024 * 1024;
const log = { info: () => {}, warn: () => {}, error: () => {} };
const limits = { freeEvery: MiB, most: 64 * MiB, fallocate: 'fallocate' };
let home: string;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'groundcrew-bound-'));
});

afterAll(() => {
  rmSync(home, { recursive: true, force: true });
});

function onDisk(path: string): number {
  return statSync(path).blocks * 512;
}

test('a flood is seldom kept waiting, what is slower gives back soon, and both ends are whole', async () => {
  const path = join(home, 'output');
  let time = 0;
  const bound = makeOutputBound(path, log, limits, () => time);
  const written = Buffer.alloc(5 * MiB, 'abcdefg');
  appendFileSync(path, written);
  time += 10;
  await bound.look(false);
  expect(onDisk(path)).toBeGreaterThanOrEqual(5 * MiB);
  await bound.look(true);
  expect(onDisk(path)).toBeLessThan(MiB);

  appendFileSync(path, Buffer.alloc(9 * MiB, 'h'));
  time += 5_000;
  await bound.look(false);
  expect(onDisk(path)).toBeLessThan(MiB);
  const left = readFileSync(path);
  expect(left.length).toBe(14 * MiB);
  expect(left.subarray(0, mostKept).equals(written.subarray(0, mostKept))).toBe(true);
  expect(left.subarray(-mostKept).equals(Buffer.alloc(mostKept, 'h'))).toBe(true);
});
