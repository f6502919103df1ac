import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addOutput,
  droppedBytes,
  endOutput,
  fromRow,
  type Kept,
  noOutput,
  outputText,
  partBytes,
  piecesAfter,
  toRow,
} from './output.ts';

const bytes = (text: string) => Buffer.from(text);

function written(...pieces: [offset: number, data: Buffer][]): Kept {
  return pieces.reduce((kept, [offset, data]) => addOutput(kept, offset, data), noOutput());
}

test('short output is kept whole, however it is cut', () => {
  const text = 'grüße, 世界 🚀\n'.repeat(20);
  const all = bytes(text);
  fc.assert(
    fc.property(fc.array(fc.nat(all.length), { maxLength: 20 }), (cuts) => {
      const places = [0, ...cuts.sort((a, b) => a - b), all.length];
      let kept = noOutput();
      for (const [index, place] of places.entries())
        kept = addOutput(kept, place, all.subarray(place, places[index + 1]));
      expect(outputText(kept)).toBe(text);
      expect(fromRow(toRow(kept))).toEqual(kept);
    }),
  );
});

test('what comes twice changes nothing', () => {
  const once = written([0, bytes('hello ')], [6, bytes('world')]);
  expect(addOutput(once, 0, bytes('hello '))).toBe(once);
  expect(addOutput(once, 6, bytes('world'))).toBe(once);
  expect(outputText(addOutput(once, 3, bytes('lo world!')))).toBe('hello world!');
});

test('of long output the first and the last 12 KiB stay, and the rest is counted', () => {
  const line = (n: number) => `line ${String(n).padStart(8)}\n`;
  const all = bytes(Array.from({ length: 10_000 }, (_, n) => line(n)).join(''));
  let kept = noOutput();
  for (let at = 0; at < all.length; at += 1000) kept = addOutput(kept, at, all.subarray(at, at + 1000));
  expect(kept.head).toEqual(all.subarray(0, partBytes));
  expect(kept.tail).toEqual(all.subarray(-partBytes));
  expect(droppedBytes(kept)).toBe(all.length - 2 * partBytes);
  const text = outputText(kept);
  expect(text.startsWith(line(0))).toBe(true);
  expect(text.endsWith(line(9999))).toBe(true);
  expect(text).toContain(`\n… ${all.length - 2 * partBytes} bytes dropped …\n`);
});

test('a gap is counted where it is, and so is what is missing at the end', () => {
  const kept = endOutput(written([0, bytes('begin\n')], [106, bytes('end\n')]), 150);
  expect(outputText(kept)).toBe('begin\n… 100 bytes dropped …\nend\n… 40 bytes dropped …\n');
  expect(droppedBytes(kept)).toBe(140);
});

test('a second gap drops what stood between the two', () => {
  const kept = written([0, bytes('a\n')], [10, bytes('b\n')], [20, bytes('c\n')]);
  expect(outputText(kept)).toBe('a\n… 18 bytes dropped …\nc\n');
});

test('output whose beginning is missing says so first', () => {
  expect(outputText(written([5, bytes('rest')]))).toBe('… 5 bytes dropped …\nrest');
});

test('a character is never cut in two beside a gap: its pieces count as dropped', () => {
  const rocket = bytes('🚀');
  const kept = written(
    [0, Buffer.concat([bytes('a'), rocket.subarray(0, 2)])],
    [100, Buffer.concat([rocket.subarray(3), bytes('z')])],
  );
  expect(outputText(kept)).toBe('a\n… 100 bytes dropped …\nz');
});

test('a character across head and tail stays whole', () => {
  const all = Buffer.concat([Buffer.alloc(partBytes - 1, 'x'), bytes('🚀'), Buffer.alloc(10, 'y')]);
  expect(outputText(written([0, all]))).toBe(`${'x'.repeat(partBytes - 1)}🚀${'y'.repeat(10)}`);
});

test('what is no UTF-8 is shown as replacement characters', () => {
  expect(outputText(written([0, Buffer.from([0x61, 0xff, 0x62, 0xe4])]))).toBe('a�b�');
});

test('a follower gets every character once, and waits for the end of one that has begun', () => {
  const text = 'aü世🚀'.repeat(5);
  const all = bytes(text);
  let kept = noOutput();
  let next = 0;
  let seen = '';
  for (let at = 0; at < all.length; at += 1) {
    kept = addOutput(kept, at, all.subarray(at, at + 1));
    const news = piecesAfter(kept, next, false);
    seen += news.pieces.map(({ text = '' }) => text).join('');
    expect(seen).not.toContain('�');
    next = news.next;
  }
  expect(seen).toBe(text);
  expect(piecesAfter(kept, next, true).pieces).toEqual([]);
});

test('a follower who was too slow is told how much he missed', () => {
  const kept = written([0, Buffer.alloc(100_000, 'x')]);
  const { pieces, next } = piecesAfter(kept, 50_000, false);
  expect(pieces).toEqual([{ dropped: 100_000 - partBytes - 50_000, text: 'x'.repeat(partBytes) }]);
  expect(next).toBe(100_000);
});

test('whatever arrives in whatever order, kept and dropped add up, and pieces add up to all bytes', () => {
  const chunk = fc.tuple(fc.nat(40_000), fc.uint8Array({ maxLength: 9000 }));
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 12 }), (chunks) => {
      const kept = written(...chunks.map(([at, data]): [number, Buffer] => [at, Buffer.from(data)]));
      expect(kept.head.length).toBeLessThanOrEqual(partBytes);
      expect(kept.tail.length).toBeLessThanOrEqual(partBytes);
      expect(droppedBytes(kept)).toBeGreaterThanOrEqual(0);
      expect(piecesAfter(kept, 0, true).next).toBe(kept.bytes);
    }),
  );
});
