import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

function reader() {
  return makeOutputReader('e', file, () => now);
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

test('a character is never cut in two while it is being written, nor by a jump', () => {
  const made = reader();
  const euro = Buffer.from('€');
  writeFileSync(file, Buffer.concat([Buffer.from('a'), euro.subarray(0, 2)]));
  expect(text(made.take())).toBe('a');
  expect(made.take()).toEqual([]);
  appendFileSync(file, euro.subarray(2));
  expect(text(made.take())).toBe('€');

  appendFileSync(file, 'x€'.repeat(40_000));
  const all = [...made.take(), ...made.finish()];
  expect(text(all)).not.toContain('\uFFFD');
  expect(text(all).endsWith('x€')).toBe(true);
});

test('bytes that are no text are sent as they are at the end', () => {
  const made = reader();
  writeFileSync(file, Buffer.from([0xff, 0x80, 0xe2, 0x82]));
  const bytes = [...made.take(), ...made.finish()].map(({ data }) => Buffer.from(data, 'base64'));
  expect(Buffer.concat(bytes)).toEqual(Buffer.from([0xff, 0x80, 0xe2, 0x82]));
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
