import fc from 'fast-check';
import { expect, test } from 'vitest';
import { outputTail } from './output-tail.ts';

function tailOf(text: string | Buffer, headBytes = Number.POSITIVE_INFINITY): string | undefined {
  const bytes = Buffer.from(text);
  const head = bytes.subarray(0, headBytes);
  const tail = bytes.subarray(headBytes);
  return outputTail({
    head: head.toString('base64'),
    tail: tail.toString('base64'),
    tailOffset: head.length,
    bytes: bytes.length,
  });
}

test('the last ten lines are kept, without what only moves a cursor', () => {
  const lines = Array.from({ length: 30 }, (_, n) => `line ${n}`);
  expect(tailOf(`${lines.join('\r\n')}\r\n\n`)).toBe(lines.slice(20).join('\n'));
  expect(tailOf('a\u001b[31mb\tc\u0007\u202ed')).toBe('a?[31mb\tc??d');
});

test('an output that is blank has no tail', () => {
  expect(tailOf('')).toBeUndefined();
  expect(tailOf(' \n\n')).toBeUndefined();
});

test('a tail goes on where the head ends, and stands alone where bytes are missing between them', () => {
  expect(tailOf('one\ntwo\n', 5)).toBe('one\ntwo');
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  expect(outputTail({ head: base64('first'), tail: base64('last'), tailOffset: 900, bytes: 904 })).toBe(
    'last',
  );
});

test('no tail is longer than its bounds, and no character is cut', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 900 }), fc.nat(900), (text, headBytes) => {
      const tail = tailOf(text, headBytes) ?? '';
      expect(Buffer.byteLength(tail)).toBeLessThanOrEqual(512);
      expect(tail.split('\n').length).toBeLessThanOrEqual(10);
      expect(tail).not.toMatch(/[^\P{Cc}\n\t]/u);
    }),
  );
  expect(tailOf('é'.repeat(600))).toBe('é'.repeat(256));
  expect(tailOf(`x${'😀'.repeat(600)}`)).toBe('😀'.repeat(128));
});
