// Reads an execution's output file for the reports: the beginning in order, then at a bounded rate, and the end.
//
// 1. The first half of what is kept is always sent, in order.
// 2. After that at most 64 KiB/s; a reader that is further behind than what is kept jumps to its last half. The gap
//    in the offsets is what was dropped. So what lies further than `mostKept` from both ends is never read again.
// 3. Bytes are sent as they are, wherever a chunk ends. To see characters in them is the controller's matter.
// 4. Nothing is kept in memory: what has not been sent is in the file.
import type { OutputMessage } from '../../schemas/generated/wire.ts';
import { plainFile, readSomeBytes } from '../host/hostile-file.ts';

/** Bytes that are kept of an output while no controller says otherwise. */
export const usualKept = 24 * 1024;
/** No controller asks for more: what an execution has to tell fits into one report. */
export const mostKept = 256 * 1024;
const largestChunk = 12 * 1024;
const bytesPerMs = 64 * 1.024;

export interface OutputReader {
  /** Whether there is something to send now. */
  ready(): boolean;
  /** What may be sent now: one chunk or none. */
  take(): OutputMessage[];
  /** All that is left to be sent when the output is complete. */
  finish(): OutputMessage[];
}

/** `now` is a monotonic clock in milliseconds; `kept` says how many bytes of an output the controller keeps. */
export function makeOutputReader(
  execution: string,
  path: string,
  now: () => number,
  kept: () => number,
): OutputReader {
  let sent = 0;
  let allowance = Number.POSITIVE_INFINITY;
  let refilledAt = now();

  function refill(): void {
    allowance = Math.min(kept(), allowance + (now() - refilledAt) * bytesPerMs);
    refilledAt = now();
  }

  /** The next chunk of at most so many bytes; empty if there is none. */
  function next(size: number, limit: number): Buffer {
    const half = halfOf(kept());
    if (sent >= half && size - sent > kept()) sent = size - half;
    const most = sent < half ? half - sent : Math.floor(limit);
    const wanted = Math.min(size - sent, largestChunk, most);
    const data = readSomeBytes(path, sent, Math.max(0, wanted));
    sent += data.length;
    return data;
  }

  function messageOf(data: Buffer): OutputMessage {
    return { is: 'output', execution, offset: sent - data.length, data: data.toString('base64') };
  }

  return {
    ready() {
      const size = sizeOf(path);
      if (size <= sent) return false;
      refill();
      const half = halfOf(kept());
      return sent < half || allowance >= Math.min(size - sent, half, largestChunk);
    },
    take() {
      refill();
      const data = next(sizeOf(path), allowance);
      allowance -= data.length;
      return data.length === 0 ? [] : [messageOf(data)];
    },
    finish() {
      const messages: OutputMessage[] = [];
      const size = sizeOf(path);
      for (let data = next(size, largestChunk); data.length > 0; data = next(size, largestChunk))
        messages.push(messageOf(data));
      return messages;
    },
  };
}

/** Of what is kept, half is the beginning and half is the end. */
function halfOf(kept: number): number {
  return Math.floor(kept / 2);
}

function sizeOf(path: string): number {
  return plainFile(path)?.size ?? 0;
}
