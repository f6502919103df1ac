// The file before it has its name: whole, right, synced, with its owner and mode, in the folder that it goes into.
import { constants, lstatSync, unlinkSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { sha256 } from '../../schemas/digest.ts';
import type { Blob } from '../../schemas/generated/wire.ts';
import { digestOf } from '../fetch/fetch-blob.ts';
import type { Halt } from '../halt.ts';
import type { OpenFolder } from './open-folder.ts';
import type { Ownership } from './ownership.ts';

/** The same for an execution whichever life of the agent asks, and hidden. */
export function temporaryName(execution: string): string {
  return `.groundcrew-${sha256(execution).slice(0, 24)}`;
}

/** Names the file itself; undefined if there is none. */
export function inodeOf(path: string): string | undefined {
  const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return stats && `${stats.dev}:${stats.ino}`;
}

/**
 * Writes it, and answers with its inode; `halted` or `wrong` (what can be read back is not the blob) leave nothing.
 * Throws what the file system throws, and leaves nothing.
 */
export async function writeTemporary(
  folder: OpenFolder,
  name: string,
  chunks: AsyncIterable<Buffer>,
  blob: Blob,
  owner: Ownership,
  halt: Halt,
): Promise<{ inode: string } | 'halted' | 'wrong'> {
  const path = `${folder.path}/${name}`;
  // Of an earlier life, or of somebody who may write here.
  remove(path);
  // Nobody else can read it until it is whole.
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const file = await open(path, flags, 0o600);
  let made: { inode: string } | 'halted' | 'wrong' | undefined;
  try {
    made = await fill(file, chunks, blob, owner, halt);
    if (made !== 'halted' && made !== 'wrong') folder.sync();
    return made;
  } finally {
    await file.close();
    if (made === undefined || typeof made === 'string') remove(path);
  }
}

async function fill(
  file: FileHandle,
  chunks: AsyncIterable<Buffer>,
  blob: Blob,
  { gid, mode, uid }: Ownership,
  halt: Halt,
): Promise<{ inode: string } | 'halted' | 'wrong'> {
  let offset = 0;
  for await (const chunk of chunks) {
    if (halt.asked) return 'halted';
    for (let written = 0; written < chunk.length; )
      written += (await file.write(chunk, written, chunk.length - written, offset + written)).bytesWritten;
    offset += chunk.length;
  }
  if ((await digestOf(file)) !== blob.sha256) return 'wrong';
  // The mode last: giving a file away takes its setuid bit.
  await file.chown(uid, gid);
  await file.chmod(mode);
  await file.sync();
  const { dev, ino } = await file.stat({ bigint: true });
  return { inode: `${dev}:${ino}` };
}

/** As far as that can be done: what stays makes the next step fail by itself, or is only left over. */
export function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It is not there, or somebody has made it something else.
  }
}
