// Bounds what the output of a running script takes of the disk, however much it writes.
//
// 1. Between the beginning and the end that are still to be read (output-reader.ts) lies what nobody will ever read.
//    Its blocks are given back (a hole is punched): the file keeps its length, so that offsets and counts stay right.
// 2. The script waits while a hole is punched: the kernel lets one of them at a file, and a page costs about a
//    quarter of what writing it did. So it is done with each 16 MiB of growth; of a flood with what it writes in half
//    a second, 512 MiB at the most and less where memory or disk are short; and when it is over.
// 3. Where that cannot be done, or not fast enough, a script whose output takes 1 GiB is ended.
import { spawn } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { totalmem } from 'node:os';
import { plainFile } from '../host/hostile-file.ts';
import type { Log } from '../log.ts';
import { mostKept } from '../report/output-reader.ts';

const MiB = 1024 * 1024;

export interface OutputLimits {
  /** Bytes of growth between two holes; of a flood, where memory and disk are plenty, up to 32 times that. */
  freeEvery: number;
  /** Bytes on the disk. */
  most: number;
  /** The program of util-linux that punches holes. */
  fallocate: string;
}

export const outputLimits: OutputLimits = { freeEvery: 16 * MiB, most: 1024 * MiB, fallocate: 'fallocate' };

export interface OutputBound {
  /** Looks once, and frees what is to be freed. True if it grows so fast that one should look again soon. */
  look(over: boolean): Promise<boolean>;
  /** Resolves when it takes more of the disk than it may. */
  tooMuch: Promise<void>;
}

/** `now` is a monotonic clock in milliseconds. */
export function makeOutputBound(
  path: string,
  log: Log,
  limits = outputLimits,
  now = (): number => performance.now(),
): OutputBound {
  let seen = 0;
  let freedTo = mostKept;
  let lastHole = { size: 0, at: now() };
  let canFree = true;
  let exceed = (): void => {};
  const tooMuch = new Promise<void>((resolve) => {
    exceed = resolve;
  });

  async function free(size: number): Promise<void> {
    const end = size - mostKept;
    canFree = await punchHole(limits.fallocate, path, freedTo, end - freedTo);
    lastHole = { size, at: now() };
    if (canFree) freedTo = end;
    else log.warn('The middle of an output cannot be freed', { path });
  }

  /** What it writes in half a second at its present pace, within the limits. */
  function betweenHoles(size: number): number {
    const pace = (size - lastHole.size) / Math.max(1, now() - lastHole.at);
    const most = Math.min(32 * limits.freeEvery, plenty(path));
    return Math.max(limits.freeEvery, Math.min(500 * pace, most));
  }

  return {
    async look(over) {
      const before = plainFile(path);
      if (before === undefined) return false;
      const grown = before.size - seen;
      seen = before.size;
      // Somebody has emptied it.
      if (before.size < freedTo) freedTo = mostKept;
      const unread = before.size - mostKept - freedTo;
      const tooLong = (most: number) => unread >= most && diskBytes(before) >= most;
      if (canFree && tooLong(limits.freeEvery) && (over || tooLong(betweenHoles(before.size))))
        await free(before.size);
      if (diskBytes(plainFile(path)) > limits.most) exceed();
      return grown > limits.freeEvery / 8;
    },
    tooMuch,
  };
}

/** A sixteenth of the memory is less than what Linux keeps, as it is usually set, before it begins to write to the disk. */
function plenty(path: string): number {
  return Math.min(totalmem(), freeDisk(path)) / 16;
}

function freeDisk(path: string): number {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  } catch {
    return 0;
  }
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
