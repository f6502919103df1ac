// Reads an execution's output file for the reports: the beginning in order, then at a bounded rate, and the end.
//
// 1. The first 12 KiB are always sent, in order.
// 2. After that at most 64 KiB/s; a reader that is more than 24 KiB behind jumps to the last 12 KiB. The gap in
//    the offsets is what was dropped. So what lies between the first 12 KiB and the last 24 KiB is never read again.
// 3. Bytes are sent as they are, wherever a chunk ends. To see characters in them is the controller's matter.
// 4. Nothing is kept in memory: what has not been sent is in the file.
import type { OutputMessage } from '../../schemas/generated/wire.ts';
import { plainFile, readSomeBytes } from '../host/hostile-file.ts';

export const headBytes = 12 * 1024;
const chunkBytes = 12 * 1024;
export const furthestBehind = 24 * 1024;
const bytesPerMs = 64 * 1.024;

export interface OutputReader {
  /** Whether there is something to send now. */
  ready(): boolean;
  /** What may be sent now: one chunk or none. */
  take(): OutputMessage[];
  /** All that is left to be sent when the output is complete. */
  finish(): OutputMessage[];
}

/** `now` is a monotonic clock in milliseconds. */
export function makeOutputReader(execution: string, path: string, now: () => number): OutputReader {
  let sent = 0;
  let allowance = furthestBehind;
  let refilledAt = now();

  function refill(): void {
    allowance = Math.min(furthestBehind, allowance + (now() - refilledAt) * bytesPerMs);
    refilledAt = now();
  }

  /** The next chunk of at most so many bytes; empty if there is none. */
  function next(size: number, limit: number): Buffer {
    if (sent >= headBytes && size - sent > furthestBehind) sent = size - chunkBytes;
    const most = sent < headBytes ? headBytes - sent : Math.floor(limit);
    const wanted = Math.min(size - sent, chunkBytes, most);
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
      return sent < headBytes || allowance >= Math.min(size - sent, chunkBytes);
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
      for (let data = next(size, chunkBytes); data.length > 0; data = next(size, chunkBytes))
        messages.push(messageOf(data));
      return messages;
    },
  };
}

function sizeOf(path: string): number {
  return plainFile(path)?.size ?? 0;
}
