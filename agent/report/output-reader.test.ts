import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { OutputMessage } from '../../schemas/generated/wire.ts';
import { makeOutputReader } from './output-reader.ts';

let folder: string;
let file: string;
let now = 0;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'groundcrew-output-'));
  file = join(folder, 'output');
  now = 0;
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function reader(kept = 24 * 1024) {
  return makeOutputReader(
    'e',
    file,
    () => now,
    () => kept,
  );
}

function text(messages: OutputMessage[]): string {
  return messages.map((message) => Buffer.from(message.data, 'base64').toString()).join('');
}

test('there is nothing to send before there is a file', () => {
  expect(reader().ready()).toBe(false);
  expect(reader().finish()).toEqual([]);
});

test('a short output arrives whole and once', () => {
  const made = reader();
  writeFileSync(file, 'one\n');
  expect(text(made.take())).toBe('one\n');
  appendFileSync(file, 'two\n');
  expect(made.take()).toMatchObject([{ offset: 4 }]);
  expect(made.ready()).toBe(false);
  expect(made.finish()).toEqual([]);
});

test('a character that lies across the end of the first 12 KiB loses nothing', () => {
  const made = reader();
  const whole = `a${'ü'.repeat(20_000)}END`;
  writeFileSync(file, whole);
  const all = [...made.take(), ...made.take(), ...made.finish()];
  expect(all[0]).toMatchObject({ offset: 0 });
  const bytes = Buffer.concat(all.map(({ data }) => Buffer.from(data, 'base64')));
  const expected = Buffer.from(whole);
  expect(bytes.subarray(0, 12 * 1024)).toEqual(expected.subarray(0, 12 * 1024));
  expect(bytes.subarray(-12 * 1024)).toEqual(expected.subarray(-12 * 1024));
});

test('whatever is written when, what was sent is in the file, and its beginning and its end are sent', () => {
  const sizes = fc.oneof(fc.nat(40), fc.nat(5_000), fc.integer({ min: 10_000, max: 60_000 }));
  const text = fc.constantFrom('a', 'ü', '€', '😀', '\u0000', 'line\n');
  const step = fc.record({
    size: sizes,
    fill: fc.oneof(text, fc.uint8Array({ minLength: 1, maxLength: 7 })),
  });
  const life = fc.array(
    fc.record({ write: fc.option(step), ms: fc.double({ min: 0, max: 900, noNaN: true }) }),
    {
      maxLength: 30,
    },
  );
  fc.assert(
    fc.property(life, (moments) => {
      writeFileSync(file, '');
      const made = reader();
      const sent: OutputMessage[] = [];
      for (const { write, ms } of moments) {
        now += ms;
        if (write !== null) appendFileSync(file, Buffer.alloc(write.size, write.fill));
        // Reports are made when they are made: not only when there is something ready.
        if (made.ready() || ms > 800) sent.push(...made.take());
      }
      sent.push(...made.finish());
      expect(made.finish()).toEqual([]);

      const whole = readFileSync(file);
      let end = 0;
      let dropped = 0;
      for (const { offset, data } of sent) {
        const bytes = Buffer.from(data, 'base64');
        expect(bytes.length).toBeGreaterThan(0);
        expect(offset).toBeGreaterThanOrEqual(end);
        expect(bytes.equals(whole.subarray(offset, offset + bytes.length))).toBe(true);
        if (offset > end) {
          expect(end).toBeGreaterThanOrEqual(Math.min(whole.length, 12 * 1024));
          expect(offset).toBeLessThanOrEqual(whole.length);
        }
        dropped += offset - end;
        end = offset + bytes.length;
      }
      expect(end).toBe(whole.length);
      const arrived = sent.reduce((sum, { data }) => sum + Buffer.from(data, 'base64').length, 0);
      expect(arrived + dropped).toBe(whole.length);
      // The last gap ends before the last 12 KiB.
      const last = sent.findLast(({ offset }, at) => {
        const before = sent[at - 1];
        return before === undefined || before.offset + Buffer.from(before.data, 'base64').length < offset;
      });
      if (whole.length > 0) expect(last?.offset).toBeLessThanOrEqual(Math.max(0, whole.length - 12 * 1024));
    }),
    { numRuns: 300 },
  );
});

test('bytes that are no text are sent as they are', () => {
  const made = reader();
  writeFileSync(file, Buffer.from([0xff, 0x80, 0xe2, 0x82]));
  const bytes = [...made.take(), ...made.finish()].map(({ data }) => Buffer.from(data, 'base64'));
  expect(Buffer.concat(bytes)).toEqual(Buffer.from([0xff, 0x80, 0xe2, 0x82]));
});

test('what is no file any more has no output', () => {
  const made = reader();
  writeFileSync(file, 'one\n');
  made.take();
  rmSync(file);
  mkdirSync(file);
  expect([made.ready(), made.take(), made.finish()]).toEqual([false, [], []]);
});

test('a flood costs at most 64 KiB a second; its beginning and its end are kept', () => {
  const made = reader();
  let sent = 0;
  let first: OutputMessage | undefined;
  for (let tick = 0; tick < 50; tick += 1) {
    appendFileSync(file, 'y'.repeat(200_000));
    now += 200;
    for (const message of made.ready() ? made.take() : []) {
      first ??= message;
      sent += (message.data.length * 3) / 4;
    }
  }
  expect(first).toMatchObject({ offset: 0 });
  expect(sent).toBeLessThan(10 * 65_536 + 36 * 1024);
  expect(sent).toBeGreaterThan(5 * 65_536);
  appendFileSync(file, `${'z'.repeat(30_000)}end`);
  const rest = made.finish();
  expect(text(rest)).toBe(`${'z'.repeat(12 * 1024 - 3)}end`);
  expect(rest[0]?.offset).toBe(50 * 200_000 + 30_003 - 12 * 1024);
});

test.each([2048, 256 * 1024])(
  'where %i bytes are kept, the first half and the last half are sent',
  (kept) => {
    const made = reader(kept);
    const whole = Buffer.from(Array.from({ length: 900_000 }, (_, n) => n % 251));
    writeFileSync(file, whole.subarray(0, 600_000));
    const sent: OutputMessage[] = [];
    while (made.ready()) {
      sent.push(...made.take());
      now += 5_000;
    }
    appendFileSync(file, whole.subarray(600_000));
    sent.push(...made.finish());
    const arrived = Buffer.alloc(whole.length);
    for (const { offset, data } of sent) Buffer.from(data, 'base64').copy(arrived, offset);
    expect(arrived.subarray(0, kept / 2).equals(whole.subarray(0, kept / 2))).toBe(true);
    expect(arrived.subarray(-kept / 2).equals(whole.subarray(-kept / 2))).toBe(true);
    expect(Math.max(...sent.map(({ data }) => data.length))).toBeLessThanOrEqual(16 * 1024);
  },
);
