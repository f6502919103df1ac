// Fetches a blob into a file. What is there already, of an earlier life too, is not fetched again; whether all of it
// is right, only its digest says.
import { createHash } from 'node:crypto';
import { constants, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Blob } from '../../schemas/generated/wire.ts';
import type { Halt } from '../halt.ts';
import type { Log } from '../log.ts';
import type { AskPiece } from './ask-piece.ts';

export type Fetched = { is: 'whole' } | { is: 'halted' } | { is: 'failed'; message: string };

/** So often wrong bytes are thrown away and fetched anew. */
const mostAttempts = 3;

export interface FetchNeeds {
  ask: AskPiece;
  log: Log;
}

/** Where the blob of an execution is while it is not whole, and until it is used. */
export function blobPath(tasks: string, execution: string): string {
  return `${tasks}/${execution}.blob`;
}

/** Rejects if the file cannot be written. */
export async function fetchBlob(
  blob: Blob,
  path: string,
  { ask, log }: FetchNeeds,
  halt: Halt,
): Promise<Fetched> {
  const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  try {
    for (let attempt = 1; attempt <= mostAttempts; attempt += 1) {
      const filled = await fill(file, blob, ask, halt);
      if (filled.is === 'halted' || filled.is === 'failed') return filled;
      if (filled.is === 'full' && (await digestOf(file)) === blob.sha256) return { is: 'whole' };
      log.warn('The bytes of a blob are wrong', { blob: blob.sha256, attempt });
      await file.truncate(0);
    }
    return { is: 'failed', message: `The bytes that came are not those of ${blob.sha256}.` };
  } finally {
    await file.close();
  }
}

async function fill(
  file: FileHandle,
  { sha256, size }: Blob,
  ask: AskPiece,
  halt: Halt,
): Promise<{ is: 'full' } | { is: 'wrong' } | Exclude<Fetched, { is: 'whole' }>> {
  let have = (await file.stat()).size;
  while (have < size) {
    const piece = await ask(sha256, have, halt);
    if (piece === undefined || halt.asked) return { is: 'halted' };
    if ('gone' in piece)
      return { is: 'failed', message: `The controller has the content no more (${piece.gone}).` };
    const { data } = piece;
    if (piece.size !== size || data.length === 0 || have + data.length > size) return { is: 'wrong' };
    for (let written = 0; written < data.length; )
      written += (await file.write(data, written, data.length - written, have + written)).bytesWritten;
    have += data.length;
  }
  return { is: have === size ? 'full' : 'wrong' };
}

/** SHA-256 of all that is in an open file. */
export async function digestOf(file: FileHandle): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of chunksOf(file)) hash.update(chunk);
  return hash.digest('hex');
}

/** The file from its beginning. Each chunk is over when the next is asked for. */
export async function* chunksOf(file: FileHandle): AsyncGenerator<Buffer> {
  const buffer = Buffer.allocUnsafe(256 * 1024);
  for (let offset = 0; ; ) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, offset);
    if (bytesRead === 0) return;
    offset += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Also where there is none. */
export function removeBlob(path: string): void {
  rmSync(path, { force: true });
}
