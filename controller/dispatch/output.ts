// The output of one execution as it is kept: the first half and the last half of so many bytes, and a count of the rest.
//
//   0 ─── head ───┐        ┌─── tail ─── end      bytes
//                 └─ gap ──┘                └ gap ┘
//
// 1. Bytes are known by their offset: what comes twice changes nothing, what never comes is counted as dropped.
// 2. As text no character is cut in two: a piece of one beside a gap counts as dropped.
import { Buffer } from 'node:buffer';
import type { Output } from '../store/port.ts';

export interface Kept {
  head: Buffer;
  tail: Buffer;
  tailOffset: number;
  bytes: number;
}

export interface Piece {
  /** So many bytes are missing before the text. */
  dropped?: number;
  text?: string;
}

const empty = Buffer.alloc(0);

export function noOutput(): Kept {
  return { head: empty, tail: empty, tailOffset: 0, bytes: 0 };
}

/** With these bytes added, and at most `most` kept in all; the same object if they bring nothing new. */
export function addOutput(kept: Kept, offset: number, data: Buffer, most: number): Kept {
  const news = offset < kept.bytes ? data.subarray(kept.bytes - offset) : data;
  if (news.length === 0) return kept;
  const at = offset + data.length - news.length;
  const bytes = at + news.length;

  const half = Math.floor(most / 2);
  // The head grows while nothing is missing. What was kept under another limit may be longer.
  const headRoom = at === kept.head.length ? Math.max(0, half - kept.head.length) : 0;
  const forHead = news.subarray(0, headRoom);
  const head = forHead.length > 0 ? Buffer.concat([kept.head, forHead]) : kept.head;
  const forTail = news.subarray(forHead.length);
  if (forTail.length === 0) return { ...kept, head, bytes };

  const tailAt = at + forHead.length;
  // A gap within the tail drops what stood before it.
  const follows = kept.tail.length > 0 && kept.tailOffset + kept.tail.length === tailAt;
  const whole = follows ? Buffer.concat([kept.tail, forTail]) : forTail;
  const tail = Buffer.from(whole.subarray(Math.max(0, whole.length - half)));
  return { head, tail, tailOffset: bytes - tail.length, bytes };
}

/** With the count of all bytes that were written, once it is known. */
export function endOutput(kept: Kept, bytes: number): Kept {
  return bytes > kept.bytes ? { ...kept, bytes } : kept;
}

/** How many bytes were written and are not kept. */
export function droppedBytes({ head, tail, bytes }: Kept): number {
  return bytes - head.length - tail.length;
}

/**
 * What can be said of the output from offset `from` on, and the offset where the rest begins. Until it is `final`,
 * the beginning of a character waits for its end.
 */
export function piecesAfter(kept: Kept, from: number, final: boolean): { pieces: Piece[]; next: number } {
  const pieces: Piece[] = [];
  let next = from;
  const parts = contiguousParts(kept);
  for (const { at, data: all } of parts) {
    const end = at + all.length;
    if (end <= next) continue;
    let start = Math.max(at, next);
    if (start > next) start += leadingRest(all.subarray(start - at));
    let data = all.subarray(start - at);
    const isLast = end === kept.bytes;
    if (!isLast || !final) data = data.subarray(0, data.length - unfinished(data));
    const piece: Piece = {};
    if (start > next) piece.dropped = start - next;
    if (data.length > 0) piece.text = asText(data);
    if (piece.text === undefined && isLast && !final) break;
    if (piece.text !== undefined || piece.dropped !== undefined) pieces.push(piece);
    next = start + data.length;
  }
  if (final && kept.bytes > next) {
    pieces.push({ dropped: kept.bytes - next });
    next = kept.bytes;
  }
  return { pieces, next };
}

/** The whole as one text, with a line that says what is missing where. */
export function outputText(kept: Kept): string {
  let text = '';
  for (const { dropped, text: more = '' } of piecesAfter(kept, 0, true).pieces) {
    if (dropped !== undefined) {
      if (text !== '' && !text.endsWith('\n')) text += '\n';
      text += `… ${dropped} bytes dropped …\n`;
    }
    text += more;
  }
  return text;
}

export function toRow({ head, tail, tailOffset, bytes }: Kept): Output {
  return { head: head.toString('base64'), tail: tail.toString('base64'), tailOffset, bytes };
}

export function fromRow({ head, tail, tailOffset, bytes }: Output): Kept {
  return { head: Buffer.from(head, 'base64'), tail: Buffer.from(tail, 'base64'), tailOffset, bytes };
}

function contiguousParts({ head, tail, tailOffset }: Kept): { at: number; data: Buffer }[] {
  if (tail.length === 0) return [{ at: 0, data: head }];
  if (tailOffset === head.length) return [{ at: 0, data: Buffer.concat([head, tail]) }];
  return [
    { at: 0, data: head },
    { at: tailOffset, data: tail },
  ];
}

/** How many bytes at the beginning belong to a character that began before. */
function leadingRest(data: Buffer): number {
  let count = 0;
  while (count < 3 && isContinuation(data[count])) count += 1;
  return count;
}

/** How many bytes at the end are the beginning of a character that is not complete. */
function unfinished(data: Buffer): number {
  for (let back = 1; back <= Math.min(3, data.length); back += 1) {
    const byte = data[data.length - back];
    if (byte === undefined) return 0;
    if (isContinuation(byte)) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

/** Invalid bytes become U+FFFD. */
function asText(data: Buffer): string {
  return data.toString('utf8');
}
