import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLevelStore } from './level-store.ts';
import type { Store, Table } from './port.ts';

const program = fileURLToPath(new URL('../../test/support/committing-process.ts', import.meta.url));
const kills = 20;

describe('a controller that is killed', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'groundcrew-store-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it(`finds every acknowledged commit again, and each commit whole, after ${kills} kills in mid-commit`, async () => {
    const acknowledged = new Set<number>();
    for (let kill = 0; kill < kills; kill++) {
      const before = acknowledged.size;
      for (const n of await commitUntilKilled(folder, kill * 1_000_000, 5 + kill * 7)) acknowledged.add(n);
      expect(acknowledged.size).toBeGreaterThan(before);
      const store = await openLevelStore(join(folder, 'store'), { newEpoch: () => 'another epoch' });
      try {
        expect(store.epoch).toBe('epoch');
        const found = await keys(store, 'meta');
        expect(await keys(store, 'script')).toEqual(found);
        expect(await keys(store, 'ack')).toEqual(found);
        const known = new Set(found.map(Number));
        expect([...acknowledged].filter((n) => !known.has(n))).toEqual([]);
      } finally {
        await store.close();
      }
    }
  }, 120_000);
});

/** The commits that were acknowledged before the process was killed, `milliseconds` after its first. */
async function commitUntilKilled(folder: string, first: number, milliseconds: number): Promise<number[]> {
  const told = join(folder, `told-${first}`);
  const file = openSync(told, 'w');
  const child = spawn(process.execPath, ['--import', 'tsx', program, join(folder, 'store'), String(first)], {
    stdio: ['ignore', file, 'inherit'],
  });
  closeSync(file);
  const gone = once(child, 'exit');
  while (statSync(told).size === 0 && child.exitCode === null) await sleep(2);
  await sleep(milliseconds);
  child.kill('SIGKILL');
  expect(await gone).toEqual([null, 'SIGKILL']); // Until then it may still hold the lock.
  return readFileSync(told, 'utf8').split('\n').slice(0, -1).map(Number);
}

async function keys(store: Store, table: Table): Promise<string[]> {
  const found: string[] = [];
  for await (const [key] of store.list(table)) found.push(key);
  return found;
}
