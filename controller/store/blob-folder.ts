// Blobs as files of a folder, each called by its SHA-256.
//
// 1. A file has its name only when it is whole and synced: written beside its place, renamed, the folder synced.
// 2. What was written by an earlier life is read through before the first of it is given away: a disk that lost
//    something is noticed, and what is wrong is removed.
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 as digestOf } from '../../schemas/digest.ts';
import type { Blob } from '../../schemas/generated/wire.ts';
import type { Blobs } from './blobs.ts';

const pieceBytes = 1024 * 1024;

/** Opens the folder, and makes it if it is missing. What a crash left half written is removed. */
export async function openBlobFolder(folder: string): Promise<Blobs> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const kept = new Set<string>();
  for (const name of await readdir(folder)) {
    if (isDigest(name)) kept.add(name);
    else await rm(join(folder, name), { recursive: true, force: true });
  }
  /** Found right in this life. */
  const proven = new Map<string, Promise<boolean>>();
  let written = 0;
  const pathOf = (sha256: string) => {
    if (!isDigest(sha256)) throw new Error('not a digest');
    return join(folder, sha256);
  };

  const forget = async (sha256: string) => {
    kept.delete(sha256);
    proven.delete(sha256);
    await rm(pathOf(sha256), { force: true });
  };

  const isProven = (blob: Blob): Promise<boolean> => {
    const known = proven.get(blob.sha256);
    if (known !== undefined) return known;
    const proof = isRight(pathOf(blob.sha256), blob);
    proven.set(blob.sha256, proof);
    // A disk that could not be read may be read later.
    proof.catch(() => proven.delete(blob.sha256));
    return proof;
  };

  return {
    kept,
    forget,
    async keep(blob, bytes) {
      if (digestOf(bytes) !== blob.sha256) throw new Error(`these are not the bytes of ${blob.sha256}`);
      written += 1;
      await writeWhole(folder, pathOf(blob.sha256), `${pathOf(blob.sha256)}.new-${written}`, bytes);
      kept.add(blob.sha256);
      proven.set(blob.sha256, Promise.resolve(true));
    },
    async read(blob, offset, length) {
      if (!kept.has(blob.sha256)) return undefined;
      try {
        if (await isProven(blob)) return await readSome(pathOf(blob.sha256), offset, length);
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
      await forget(blob.sha256);
      return undefined;
    },
  };
}

async function writeWhole(folder: string, path: string, fresh: string, bytes: Buffer): Promise<void> {
  try {
    const file = await open(fresh, 'w', 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(fresh, path);
    await syncFolder(folder);
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function isRight(path: string, { sha256, size }: Blob): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const hash = createHash('sha256');
    const piece = Buffer.allocUnsafe(pieceBytes);
    let read = 0;
    for (;;) {
      const { bytesRead } = await file.read(piece, 0, pieceBytes, read);
      if (bytesRead === 0) break;
      hash.update(piece.subarray(0, bytesRead));
      read += bytesRead;
    }
    return read === size && hash.digest('hex') === sha256;
  } finally {
    await file.close();
  }
}

async function readSome(path: string, offset: number, length: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const data = Buffer.allocUnsafe(Math.max(0, Math.min(length, size - offset)));
    const { bytesRead } = await file.read(data, 0, data.length, offset);
    return data.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function isDigest(name: string): boolean {
  return /^[0-9a-f]{64}$/.test(name);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
