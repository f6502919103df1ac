import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { smallDisk } from '../../test/support/small-disk.ts';
import { openBlobFolder } from './blob-folder.ts';
import { blobOf, blobsContract } from './blobs.contract.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'groundcrew-blobs-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

blobsContract('folder', async () => {
  const place = mkdtempSync(join(tmpdir(), 'groundcrew-blobs-'));
  return { open: () => openBlobFolder(place), remove: async () => rmSync(place, { recursive: true }) };
});

const bytes = randomBytes(2_000_000);
const blob = blobOf(bytes);

test('nobody else can read what is kept', async () => {
  const blobs = await openBlobFolder(join(folder, 'blobs'));
  await blobs.keep(blob, bytes);
  expect(statSync(join(folder, 'blobs')).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, 'blobs', blob.sha256)).mode & 0o777).toBe(0o600);
});

test('what a crash left half written is removed, and is no blob', async () => {
  writeFileSync(join(folder, `${blob.sha256}.new-1`), 'half');
  const blobs = await openBlobFolder(folder);
  expect(blobs.kept.size).toBe(0);
  expect(readdirSync(folder)).toEqual([]);
});

test.each([
  ['cut short', (path: string) => truncateSync(path, 1_000_000)],
  ['changed', (path: string) => writeFileSync(path, Buffer.alloc(bytes.length))],
  ['removed', (path: string) => rmSync(path)],
])('one that was %s since the last life is kept no longer, and can be kept again', async (_, damage) => {
  await (await openBlobFolder(folder)).keep(blob, bytes);
  const blobs = await openBlobFolder(folder);
  damage(join(folder, blob.sha256));
  expect(await blobs.read(blob, 0, 10)).toBeUndefined();
  expect(blobs.kept.size).toBe(0);
  expect(readdirSync(folder)).toEqual([]);
  await blobs.keep(blob, bytes);
  expect((await blobs.read(blob, 0, 10))?.equals(bytes.subarray(0, 10))).toBe(true);
});

test('a full disk keeps nothing, leaves nothing, and takes it once there is room', async (context) => {
  const disk = smallDisk(folder, '3m');
  if (disk === undefined) return context.skip('this machine mounts nothing');
  try {
    const blobs = await openBlobFolder(folder);
    writeFileSync(join(folder, 'x'), Buffer.alloc(2_000_000));
    await expect(blobs.keep(blob, bytes)).rejects.toThrow('ENOSPC');
    expect(blobs.kept.size).toBe(0);
    expect(readdirSync(folder)).toEqual(['x']);
    rmSync(join(folder, 'x'));
    await blobs.keep(blob, bytes);
    expect(blobs.kept).toEqual(new Set([blob.sha256]));
  } finally {
    disk.remove();
  }
});
