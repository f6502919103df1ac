// Bounds what the output of a running script takes of the disk, however much it writes.
//
// 1. Between the beginning and the end that are still to be read (output-reader.ts) lies what nobody will ever read.
//    With each 64 MiB of growth its blocks are given back (a hole is punched): the file keeps its length, so that
//    offsets and counts stay right.
// 2. Where that cannot be done, or not fast enough, a script whose output takes 1 GiB is ended.
import { spawn } from 'node:child_process';
import { plainFile } from '../host/hostile-file.ts';
import type { Log } from '../log.ts';
import { mostKept } from '../report/output-reader.ts';

const MiB = 1024 * 1024;

export interface OutputLimits {
  /** Bytes of growth between two holes. */
  freeEvery: number;
  /** Bytes on the disk. */
  most: number;
  /** The program of util-linux that punches holes. */
  fallocate: string;
}

export const outputLimits: OutputLimits = { freeEvery: 64 * MiB, most: 1024 * MiB, fallocate: 'fallocate' };

export interface OutputBound {
  /** Looks once, and frees what can be freed. True if it grows so fast that one should look again soon. */
  look(): Promise<boolean>;
  /** Resolves when it takes more of the disk than it may. */
  tooMuch: Promise<void>;
}

export function makeOutputBound(path: string, log: Log, limits = outputLimits): OutputBound {
  let seen = 0;
  let freedTo = mostKept;
  let canFree = true;
  let exceed = (): void => {};
  const tooMuch = new Promise<void>((resolve) => {
    exceed = resolve;
  });

  async function free(size: number): Promise<void> {
    const end = size - mostKept;
    canFree = await punchHole(limits.fallocate, path, freedTo, end - freedTo);
    if (canFree) freedTo = end;
    else log.warn('The middle of an output cannot be freed', { path });
  }

  return {
    async look() {
      const before = plainFile(path);
      if (before === undefined) return false;
      const grown = before.size - seen;
      seen = before.size;
      // Somebody has emptied it.
      if (before.size < freedTo) freedTo = mostKept;
      const unread = before.size - mostKept - freedTo;
      if (canFree && unread >= limits.freeEvery && diskBytes(before) >= limits.freeEvery)
        await free(before.size);
      if (diskBytes(plainFile(path)) > limits.most) exceed();
      return grown > limits.freeEvery / 8;
    },
    tooMuch,
  };
}

function diskBytes(stats: { blocks: number } | undefined): number {
  return (stats?.blocks ?? 0) * 512;
}

function punchHole(program: string, path: string, offset: number, length: number): Promise<boolean> {
  return new Promise((resolve) => {
    const argv = ['--punch-hole', '--offset', String(offset), '--length', String(length), path];
    const child = spawn(program, argv, { stdio: 'ignore' });
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
}
