import type { Output } from '../store/port.ts';

const maxLines = 10;
const maxBytes = 512;
// What a terminal or an editor could take for an instruction: control characters but \n and \t, line separators,
// byte order marks, direction changes. Lone surrogates are not characters.
const unsafe = /[^\P{Cc}\n\t]|[\p{Zl}\p{Zp}\p{Cs}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** The last lines of an output as text: at most 10 and 512 bytes, no character cut. Undefined if it is blank. */
export function outputTail(output: Output): string | undefined {
  const bytes = lastBytes(output);
  const text = bytes
    .subarray(firstCharacter(bytes))
    .toString('utf8')
    .replace(/\r\n/g, '\n')
    .replace(unsafe, '?')
    .trimEnd();
  const tail = cutFront(text.split('\n').slice(-maxLines).join('\n'));
  return tail.trim() === '' ? undefined : tail;
}

/** Enough of the end; the tail alone where bytes are missing before it. */
function lastBytes({ head, tail, tailOffset }: Output): Buffer {
  const enough = 4 * maxBytes;
  const last = Buffer.from(tail, 'base64');
  const first = Buffer.from(head, 'base64');
  if (last.length === 0) return first.subarray(-enough);
  const joined = tailOffset <= first.length ? Buffer.concat([first.subarray(0, tailOffset), last]) : last;
  return joined.length > enough ? joined.subarray(-enough) : joined;
}

function cutFront(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return text;
  const cut = bytes.subarray(-maxBytes);
  return cut.subarray(firstCharacter(cut)).toString('utf8');
}

/** How many bytes at the beginning belong to a character that began before. */
function firstCharacter(bytes: Buffer): number {
  let at = 0;
  while (at < 3 && at < bytes.length && ((bytes[at] ?? 0) & 0xc0) === 0x80) at += 1;
  return at;
}
