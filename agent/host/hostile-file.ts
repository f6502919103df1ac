// Looks at files in a folder where a script could do as it liked: what is called a file may be a folder, a pipe, a
// link to itself, unreadable, or without end. Nothing here throws for that, waits for it, or reads more than it asked.
import { closeSync, constants, lstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';

export type Glimpse = { is: 'text'; text: string } | { is: 'missing' } | { is: 'unreadable' };

/** The first bytes of a file that should be a short text. */
export function glimpse(path: string): Glimpse {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return { is: 'missing' };
    if (!stats.isFile()) return { is: 'unreadable' };
    return { is: 'text', text: readBytes(path, 0, 64).toString('latin1') };
  } catch {
    return { is: 'unreadable' };
  }
}

/** Bytes of a plain file; fewer where it ends, none where it cannot be read. */
export function readSomeBytes(path: string, offset: number, length: number): Buffer {
  try {
    return readBytes(path, offset, length);
  } catch {
    return Buffer.alloc(0);
  }
}

/** Undefined for anything but a plain file. */
export function plainFile(path: string): Stats | undefined {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats?.isFile() === true ? stats : undefined;
  } catch {
    return undefined;
  }
}

/** Whether it is a folder, and no link to one. */
export function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Whether it is a folder, or a link to one. */
export function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function readBytes(path: string, offset: number, length: number): Buffer {
  // It may have become a pipe since it was looked at: opening one would wait for a writer.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const data = Buffer.allocUnsafe(length);
    return data.subarray(0, readSync(file, data, 0, length, offset));
  } finally {
    closeSync(file);
  }
}
