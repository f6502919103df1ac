import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Blob } from '../../schemas/generated/wire.ts';
import { digestOf } from '../fetch/fetch-blob.ts';

/** The plain file of this name, if its content is that of the blob. What cannot be read is not it. */
export async function findByContent(
  path: string,
  { sha256, size }: Blob,
): Promise<{ inode: string; uid: number } | undefined> {
  let file: FileHandle | undefined;
  try {
    // Never through a link, and never waiting for the other end of a pipe.
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stats = await file.stat({ bigint: true });
    if (!stats.isFile() || stats.size !== BigInt(size) || (await digestOf(file)) !== sha256) return undefined;
    return { inode: `${stats.dev}:${stats.ino}`, uid: Number(stats.uid) };
  } catch {
    return undefined;
  } finally {
    await file?.close();
  }
}
