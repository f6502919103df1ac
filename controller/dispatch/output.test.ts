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
  piecesAfter,
  toRow,
} from './output.ts';

const bytes = (text: string) => Buffer.from(text);
const kept24 = 24 * 1024;
const partBytes = kept24 / 2;

function written(...pieces: [offset: number, data: Buffer][]): Kept {
  return pieces.reduce((kept, [offset, data]) => addOutput(kept, offset, data, kept24), noOutput());
}

test('short output is kept whole, however it is cut', () => {
  const text = 'grüße, 世界 🚀\n'.repeat(20);
  const all = bytes(text);
  fc.assert(
    fc.property(fc.array(fc.nat(all.length), { maxLength: 20 }), (cuts) => {
      const places = [0, ...cuts.sort((a, b) => a - b), all.length];
      let kept = noOutput();
      for (const [index, place] of places.entries())
        kept = addOutput(kept, place, all.subarray(place, places[index + 1]), kept24);
      expect(outputText(kept)).toBe(text);
      expect(fromRow(toRow(kept))).toEqual(kept);
    }),
  );
});

test('what comes twice changes nothing', () => {
  const once = written([0, bytes('hello ')], [6, bytes('world')]);
  expect(addOutput(once, 0, bytes('hello '), kept24)).toBe(once);
  expect(addOutput(once, 6, bytes('world'), kept24)).toBe(once);
  expect(outputText(addOutput(once, 3, bytes('lo world!'), kept24))).toBe('hello world!');
});

test('of long output the first and the last 12 KiB stay, and the rest is counted', () => {
  const line = (n: number) => `line ${String(n).padStart(8)}\n`;
  const all = bytes(Array.from({ length: 10_000 }, (_, n) => line(n)).join(''));
  let kept = noOutput();
  for (let at = 0; at < all.length; at += 1000)
    kept = addOutput(kept, at, all.subarray(at, at + 1000), kept24);
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
    kept = addOutput(kept, at, all.subarray(at, at + 1), kept24);
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

test.each([2048, 24 * 1024, 256 * 1024])(
  'of %i bytes that are kept, half are the beginning and half the end',
  (most) => {
    const all = Buffer.from(Array.from({ length: 600_000 }, (_, n) => n % 251));
    const kept = addOutput(
      addOutput(noOutput(), 0, all.subarray(0, 700), most),
      700,
      all.subarray(700),
      most,
    );
    expect(kept.head).toEqual(all.subarray(0, most / 2));
    expect(kept.tail).toEqual(all.subarray(-most / 2));
  },
);

test('what was kept under a larger limit keeps its beginning, and goes on under the smaller one', () => {
  const before = addOutput(noOutput(), 0, Buffer.alloc(100_000, 'x'), 65_536);
  const kept = addOutput(before, 100_000, Buffer.alloc(50_000, 'y'), 2048);
  expect(kept.head).toEqual(Buffer.alloc(32_768, 'x'));
  expect(kept.tail).toEqual(Buffer.alloc(1024, 'y'));
  expect(droppedBytes(kept)).toBe(150_000 - 32_768 - 1024);
});
