// Reads an execution's output file for the reports: the beginning in order, then at a bounded rate, and the end.
//
// 1. The first 12 KiB are always sent, in order.
// 2. After that at most 64 KiB/s; a reader that is more than 24 KiB behind jumps to the last 12 KiB. The gap in
//    the offsets is what was dropped.
// 3. No chunk begins or ends inside of a UTF-8 character, unless the output itself does.
// 4. Nothing is kept in memory: what has not been sent is in the file.
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import type { OutputMessage } from '../../schemas/generated/wire.ts';

const headBytes = 12 * 1024;
const chunkBytes = 12 * 1024;
const furthestBehind = 24 * 1024;
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

  function next(size: number, limit: number, complete: boolean): OutputMessage[] {
    let jumped = false;
    if (sent >= headBytes && size - sent > furthestBehind) {
      sent = size - chunkBytes;
      jumped = true;
    }
    const wanted = Math.min(size - sent, chunkBytes, sent < headBytes ? headBytes - sent : limit);
    if (wanted <= 0) return [];
    let data = readAt(path, sent, wanted);
    if (jumped) {
      const partial = leadingPartial(data);
      data = data.subarray(partial);
      sent += partial;
    }
    if (!complete || sent + data.length < size) data = data.subarray(0, data.length - trailingPartial(data));
    if (data.length === 0) return [];
    const message = { is: 'output', execution, offset: sent, data: data.toString('base64') } as const;
    sent += data.length;
    return [message];
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
      const messages = next(sizeOf(path), allowance, false);
      for (const { data } of messages) allowance -= (data.length * 3) / 4;
      return messages;
    },
    finish() {
      const messages: OutputMessage[] = [];
      const size = sizeOf(path);
      for (;;) {
        const [message] = next(size, chunkBytes, true);
        if (message === undefined) return messages;
        messages.push(message);
      }
    },
  };
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function readAt(path: string, offset: number, length: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const data = Buffer.allocUnsafe(length);
    return data.subarray(0, readSync(file, data, 0, length, offset));
  } finally {
    closeSync(file);
  }
}

/** How many bytes at the beginning belong to a character that began before. */
function leadingPartial(data: Buffer): number {
  for (let index = 0; index < Math.min(3, data.length); index += 1)
    if (((data[index] ?? 0) & 0xc0) !== 0x80) return index;
  return 0;
}

/** How many bytes at the end begin a character that is not whole. */
function trailingPartial(data: Buffer): number {
  for (let back = 1; back <= Math.min(3, data.length); back += 1) {
    const byte = data[data.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return needed > back ? back : 0;
  }
  return 0;
}
