import { beforeEach, expect, test } from 'vitest';
import type { LogChunk } from '../../schemas/generated/wire.ts';
import { memoryStore } from '../../test/support/memory-store.ts';
import { endedAt, executionAt, hourlyRun, inForce, occurrenceAt } from '../../test/support/recurring.ts';
import type { Ledger } from '../store/ledger.ts';
import { openLedger } from '../store/open-ledger.ts';
import type { Change } from '../store/port.ts';
import { readLogs } from './logs.ts';
import { addOutput, noOutput, toRow } from './output.ts';

const web = `mi-${'1'.repeat(20)}`;
const run = hourlyRun('hourly', '2026-11-30T00:00:00.000Z');
const ticks = ['2026-12-01T08:00:00.000Z', '2026-12-01T09:00:00.000Z', '2026-12-01T10:00:00.000Z'] as const;
const [eight, nine, ten] = ticks;
let ledger: Ledger;

beforeEach(async () => {
  ledger = await openLedger(await memoryStore());
  await ledger.commit([
    { put: 'run', key: run.id, value: run },
    inForce(run),
    occurrenceAt(run, eight, 'over'),
    ...ended(eight, 'eight'),
    occurrenceAt(run, nine, 'over'),
    ...ended(nine, 'nine'),
    occurrenceAt(run, ten, 'ahead'),
    executionAt(run, ten, web, { is: 'scheduled', for: { is: 'tick', at: ten } }),
  ]);
});

function ended(at: string, text: string): Change[] {
  const execution = executionAt(run, at, web, endedAt(at));
  const value = toRow(addOutput(noOutput(), 0, Buffer.from(text), 2048));
  return [execution, { put: 'output', key: execution.key, value }];
}

async function texts(logs: AsyncIterable<LogChunk>): Promise<string[]> {
  const found: string[] = [];
  for await (const { text } of logs) if (text !== undefined) found.push(text);
  return found;
}

const selection = { run: run.id, follow: false, signal: new AbortController().signal };

test('of a run that recurs, the output is that of the newest occurrence that executed anything', async () => {
  expect(await texts(readLogs(ledger, selection))).toEqual(['nine']);
});

test('another occurrence can be named, or all', async () => {
  expect(await texts(readLogs(ledger, { ...selection, occurrence: '20261201T080000Z' }))).toEqual(['eight']);
  expect(await texts(readLogs(ledger, { ...selection, occurrence: 'all' }))).toEqual(['eight', 'nine']);
});

test('who follows begins with the newest and goes on to the next, until none is to come', async () => {
  const followed = texts(readLogs(ledger, { ...selection, follow: true }));
  await new Promise((resolve) => setTimeout(resolve, 20));
  await ledger.commit([
    occurrenceAt(run, ten, 'fired'),
    executionAt(run, ten, web, { is: 'running', offer: 2, startedAt: ten }),
  ]);
  await ledger.commit(ended(ten, 'ten'));
  expect(await followed).toEqual(['nine', 'ten']);
});

test('who follows one occurrence is not kept until the next one', async () => {
  const one = { ...selection, follow: true, occurrence: '20261201T090000Z' };
  expect(await texts(readLogs(ledger, one))).toEqual(['nine']);
});
