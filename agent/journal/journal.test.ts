import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunOrder } from '../../schemas/generated/wire.ts';
import { type Journal, openJournal } from './journal.ts';
import { emptyMemory, type Memory, recordsOf, remember } from './memory.ts';
import { readJournal } from './read-journal.ts';
import { decodeRecord, encodeRecord, type JournalRecord, journalVersion } from './record.ts';

let dataDir: string;
let path: string;
let ids = 0;
let errors: unknown[] = [];

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'groundcrew-journal-'));
  path = join(dataDir, 'journal.log');
  errors = [];
});

afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const quiet = { info: () => {}, warn: () => {}, error: () => {} };
const at = '2026-11-23T00:00:00.000Z';

function open(smallestRewrite?: number): Promise<Journal> {
  return openJournal({
    dataDir,
    newId: () => `id-${(ids += 1)}`,
    at: () => at,
    log: quiet,
    onError: (error) => errors.push(error),
    ...(smallestRewrite === undefined ? {} : { smallestRewrite }),
  });
}

function order(number: number, script = 'true'): RunOrder {
  return {
    do: 'run',
    execution: `r-${String(number).padStart(24, '0')}.once.mi-00000000000000000000`,
    offer: number,
    invocation: 'i',
    type: 'RunShellScript',
    script,
    environment: { A: 'b' },
    timeoutSeconds: 60,
  };
}

/** A line as another version might write it. */
function sealedLine(record: object): string {
  return sealed(JSON.stringify(record));
}

function sealed(json: string): string {
  return `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`;
}

/** A whole life of one execution. */
function life(number: number): JournalRecord[] {
  const { execution } = order(number);
  const end = { phase: 'Success', at, outputBytes: 0, exitCode: 0 } as const;
  return [
    { is: 'received', order: order(number) },
    { is: 'intended', execution, attempt: 1, bootId: 'boot', at },
    { is: 'started', execution, pid: 7, startTicks: 8, at },
    { is: 'ended', execution, offer: number, end },
    { is: 'reported', execution },
  ];
}

test('what was written is remembered in the next life, under the same id', async () => {
  const first = await open();
  for (const record of life(1).slice(0, 3)) await first.write(record);
  await first.write({ is: 'handed', epoch: 'e' });
  const { id } = first.memory.heading;
  await first.close();
  const second = await open();
  expect(second.memory.heading).toEqual({ id, highestOffer: 1, forgottenBefore: 0, epoch: 'e' });
  expect(second.memory.entries.get(order(1).execution)).toMatchObject({ is: 'started', start: { pid: 7 } });
  await second.close();
});

test('a journal that is cut anywhere gives back a beginning of what was written, and nothing else', () => {
  const records = [...recordsOf(emptyMemory('x')), ...life(1), ...life(2)];
  const whole = Buffer.from(records.map(encodeRecord).join(''));
  for (let cut = 0; cut <= whole.length; cut += 1) {
    const read = readJournal(whole.subarray(0, cut));
    expect(read.damaged).toBe(0);
    expect(read.records).toEqual(records.slice(0, read.records.length));
    expect(read.goodBytes).toBeLessThanOrEqual(cut);
  }
  expect(readJournal(whole).records.length).toBe(records.length);
});

test('zeros that a power cut leaves at the end are dropped', async () => {
  const first = await open();
  await first.write(...life(1).slice(0, 1));
  await first.close();
  appendFileSync(path, Buffer.concat([Buffer.alloc(300), Buffer.from('\n'), Buffer.alloc(50)]));
  const second = await open();
  expect(second.memory.entries.size).toBe(1);
  await second.write(...life(2).slice(0, 1));
  await second.close();
  const third = await open();
  expect([...third.memory.entries.keys()].length).toBe(2);
  await third.close();
  expect(readdirSync(dataDir)).toEqual(['journal.log']);
});

test('any changed byte in a journal is either harmless or noticed', () => {
  const records = [...recordsOf(emptyMemory('x')), ...life(1), ...life(2)];
  const whole = Buffer.from(records.map(encodeRecord).join(''));
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (place, flip) => {
      const bad = Buffer.from(whole);
      bad[place] = (bad[place] ?? 0) ^ flip;
      const read = readJournal(bad);
      const lost = records.length - read.records.length;
      // Only the very end may be taken for a torn tail.
      if (lost === 0) expect(read.damaged).toBe(0);
      else expect(read.damaged > 0 || place >= read.goodBytes).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

test('a damaged journal is put aside, takes another id, and ends what was not over as Unknown', async () => {
  const first = await open();
  await first.write(...life(1), ...life(2).slice(0, 2), ...life(3).slice(0, 1));
  const { id } = first.memory.heading;
  await first.close();
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.replace('"reported"', '"rexorted"'));
  const second = await open();
  expect(second.memory.heading.id).not.toBe(id);
  const phases = [1, 2, 3].map((n) => {
    const entry = second.memory.entries.get(order(n).execution);
    return entry?.is === 'ended' ? entry.end.phase : entry?.is;
  });
  expect(phases).toEqual(['Success', 'Unknown', 'Unknown']);
  expect(readdirSync(dataDir).filter((name) => name.includes('damaged')).length).toBe(1);
  await second.close();
  const third = await open();
  expect(third.memory.heading.id).toBe(second.memory.heading.id);
  expect(third.memory.entries).toEqual(second.memory.entries);
  await third.close();
});

test('a journal of a later version is refused, and left as it is', async () => {
  const heading = {
    is: 'journal',
    version: journalVersion + 1,
    id: 'x',
    highestOffer: 4,
    forgottenBefore: 0,
  };
  const text = sealedLine(heading) + sealedLine({ is: 'levitated', execution: 'e' });
  writeFileSync(path, text);
  await expect(open()).rejects.toMatchObject({
    exitCode: 78,
    message: expect.stringContaining(`version ${journalVersion + 1}`),
  });
  expect(readFileSync(path, 'utf8')).toBe(text);
});

test('a journal of version 1 is read, and goes on as one of this version', async () => {
  const { execution } = order(1);
  const heading = { is: 'journal', version: 1, id: 'old', highestOffer: 7, forgottenBefore: 2 };
  writeFileSync(path, [heading, ...life(1).slice(0, 3), ...life(2)].map(sealedLine).join(''));
  const journal = await open();
  expect(journal.memory.heading).toEqual({ id: 'old', highestOffer: 7, forgottenBefore: 2 });
  expect(journal.memory.entries.get(execution)).toMatchObject({
    is: 'started',
    limits: { timeoutSeconds: 60 },
  });
  expect(journal.memory.entries.get(order(2).execution)).toMatchObject({ is: 'ended', reported: true });
  await journal.close();
  expect(readFileSync(path, 'utf8')).toContain(`"version":${journalVersion}`);
});

test('how an execution is to be ended is known for as long as it runs', async () => {
  const limits = { timeoutSeconds: 9, terminationMode: 'Process', graceSeconds: 0 } as const;
  const first = await open();
  const received: JournalRecord = { is: 'received', order: { ...order(1), ...limits, username: 'u' } };
  await first.write(received, ...life(1).slice(1, 3));
  await first.close();
  for (let time = 0; time < 2; time += 1) {
    const next = await open();
    expect(next.memory.entries.get(order(1).execution)).toMatchObject({ is: 'started', limits });
    await next.close();
  }
});

test('what is asked of the machine is remembered until it is done, and then never again', async () => {
  const [, , , ended, reported] = life(1);
  if (ended?.is !== 'ended' || reported === undefined) throw new Error('no life');
  const power = { action: 'reboot', bootId: 'boot' } as const;
  const first = await open();
  await first.write({ ...ended, power }, reported, { is: 'limited', running: 3 });
  await first.close();
  const second = await open();
  expect(second.memory.entries.get(ended.execution)).toMatchObject({ reported: true, power });
  expect(second.memory.heading.running).toBe(3);
  await second.write({ is: 'powering', execution: ended.execution }, { ...ended, power });
  await second.close();
  const third = await open();
  expect(third.memory.entries.get(ended.execution)).not.toHaveProperty('power');
  await third.close();
});

test('a record of an unknown kind is damage: what is not over ends as Unknown', async () => {
  const first = await open();
  await first.write(...life(1).slice(0, 2));
  await first.close();
  appendFileSync(path, sealedLine({ is: 'levitated', execution: order(1).execution }));
  expect(readJournal(readFileSync(path)).damaged).toBe(1);
  const second = await open();
  const entry = second.memory.entries.get(order(1).execution);
  expect(entry?.is === 'ended' ? entry.end.phase : entry?.is).toBe('Unknown');
  await second.close();
});

test('a line that is no record at all is damage, though its checksum is right', () => {
  const heading = [...recordsOf(emptyMemory('x'))].map(encodeRecord).join('');
  for (const json of ['', 'null', '7', '[]', '{}', '{"is":"toString"}'])
    expect(readJournal(Buffer.from(`${heading}${sealed(json)}`)).damaged).toBe(1);
});

test('a memory is the same after it was written out and read back, whatever happened', () => {
  const execution = fc.integer({ min: 1, max: 4 });
  const record: fc.Arbitrary<JournalRecord> = fc
    .tuple(execution, fc.nat(5), fc.nat(6))
    .map(([number, kind, before]) => life(number)[kind] ?? { is: 'forgotten', before });
  fc.assert(
    fc.property(fc.array(record, { maxLength: 40 }), (records) => {
      const memory = emptyMemory('x');
      for (const each of records) remember(memory, each);
      const again: Memory = emptyMemory('y');
      for (const each of recordsOf(memory)) {
        const back = decodeRecord(encodeRecord(each).trimEnd());
        if (back !== undefined) remember(again, back);
      }
      expect(again).toEqual(memory);
    }),
  );
});

test('a tombstone keeps its execution from ever being received', () => {
  const memory = emptyMemory('x');
  const [received, intended, , ended] = life(1);
  for (const record of [ended, received, intended]) if (record !== undefined) remember(memory, record);
  expect(memory.entries.get(order(1).execution)?.is).toBe('ended');
});

test('a journal of thousands of lives stays small, and forgets only what it may', async () => {
  const journal = await open(20_000);
  for (let number = 1; number <= 2_000; number += 1) {
    await journal.write(...life(number));
    if (number % 10 === 0) await journal.write({ is: 'forgotten', before: number - 5 });
  }
  await journal.write(...life(3_000).slice(0, 1));
  await journal.close();
  expect(statSync(path).size).toBeLessThan(60_000);
  const again = await open();
  expect(again.memory.heading.forgottenBefore).toBe(1_995);
  expect(again.memory.heading.highestOffer).toBe(3_000);
  expect(again.memory.entries.size).toBe(7);
  expect(again.memory.entries.get(order(3_000).execution)?.is).toBe('received');
  await again.close();
});

test('many writers at once share syncs and all of them are on disk', async () => {
  const journal = await open();
  await Promise.all(
    Array.from({ length: 500 }, (_, n) => journal.write({ is: 'received', order: order(n + 1) })),
  );
  await journal.close();
  const again = await open();
  expect(again.memory.entries.size).toBe(500);
  await again.close();
});

test('after a write that failed nothing is written any more', async () => {
  const journal = await open();
  await journal.close();
  await expect(journal.write({ is: 'handed', epoch: 'e' })).rejects.toThrow('closed');
});
