import { MemoryLevel } from 'memory-level';
import { beforeEach, describe, expect, it } from 'vitest';
import { memoryRows } from '../../test/support/memory-store.ts';
import { bringToPresentFormat, migrations } from './format.ts';
import type { Migration } from './migration.ts';
import { rowStore } from './row-store.ts';
import type { RowChange, Rows } from './rows.ts';

const newEpoch = (): string => 'new epoch';

/** What a format before the first might have been: tokens that did not know their age. */
const addAge: Migration = {
  from: 0,
  to: 1,
  async run(rows) {
    const changes: RowChange[] = [];
    for await (const [key, text] of rows.iterator({ gte: 'token:', lt: 'token;' })) {
      const value = JSON.stringify({ ...JSON.parse(text), createdAt: '1970-01-01T00:00:00.000Z' });
      changes.push({ type: 'put', key, value });
    }
    return changes;
  },
};
/** And one after it. */
const renameTable: Migration = {
  from: 1,
  to: 2,
  async run(rows) {
    const changes: RowChange[] = [];
    for await (const [key, value] of rows.iterator({ gte: 'token:', lt: 'token;' })) {
      changes.push({ type: 'del', key }, { type: 'put', key: key.replace('token:', 'ticket:'), value });
    }
    return changes;
  },
};

describe('the format of a store', () => {
  let level: MemoryLevel<string, string>;
  let rows: Rows;

  beforeEach(() => {
    level = new MemoryLevel();
    rows = memoryRows(level);
  });

  it('has an unbroken way from each older one to the present', () => {
    for (const [index, { from, to }] of migrations.entries()) {
      expect(from).toBe(migrations[index - 1]?.to ?? 1);
      expect(to).toBe(from + 1);
    }
  });

  it('is written into a new store, together with its epoch', async () => {
    expect(await bringToPresentFormat(rows, newEpoch)).toBe('new epoch');
    expect(await level.iterator().all()).toEqual([
      ['store:epoch', 'new epoch'],
      ['store:format', '2'],
    ]);
  });

  it('is brought up to the present one, and the rows with it', async () => {
    await makeOld();
    const store = await rowStore(rows, { newEpoch, migrations: [addAge] });
    expect(store.epoch).toBe('old epoch');
    expect(await store.get('token', 'digest')).toEqual({
      name: 'ann',
      createdAt: '1970-01-01T00:00:00.000Z',
    });
    expect(await level.get('store:format')).toBe('1');
  });

  it('is brought up in several steps', async () => {
    await makeOld();
    await bringToPresentFormat(rows, newEpoch, [addAge, renameTable]);
    expect(await level.get('store:format')).toBe('2');
    expect(await level.keys().all()).toEqual(['store:epoch', 'store:format', 'ticket:digest']);
  });

  it('stays the old one, with every row, when a step fails to be written, and the next start does it', async () => {
    await makeOld();
    const before = await level.iterator().all();
    const broken = memoryRows(level, async () => Promise.reject(new Error('power is gone')));
    await expect(bringToPresentFormat(broken, newEpoch, [addAge])).rejects.toThrow('power is gone');
    expect(await level.iterator().all()).toEqual(before);
    await bringToPresentFormat(rows, newEpoch, [addAge]);
    expect(await level.get('store:format')).toBe('1');
  });

  it('is brought up in one synced batch for each step', async () => {
    await makeOld();
    const batches: { keys: string[]; sync: boolean }[] = [];
    const watched = memoryRows(level, async (changes, { sync }) => {
      batches.push({ keys: changes.map(({ key }) => key), sync });
      await level.batch(changes);
    });
    await bringToPresentFormat(watched, newEpoch, [addAge, renameTable]);
    expect(batches).toEqual([
      { keys: ['token:digest', 'store:format'], sync: true },
      { keys: ['token:digest', 'ticket:digest', 'store:format'], sync: true },
    ]);
  });

  it('is refused, and nothing changed, if a newer version wrote it', async () => {
    await level.batch([
      { type: 'put', key: 'store:format', value: '7' },
      { type: 'put', key: 'store:epoch', value: 'epoch' },
    ]);
    await expect(bringToPresentFormat(rows, newEpoch)).rejects.toMatchObject({
      name: 'StoreRefused',
      reason: 'OtherFormat',
      message: 'the store has format 7, this version knows formats up to 2',
      hint: 'Start the newer version of groundcrew that wrote it.',
    });
    expect(await level.get('store:format')).toBe('7');
  });

  it('is refused if no step leads away from it', async () => {
    await makeOld();
    await expect(bringToPresentFormat(rows, newEpoch)).rejects.toMatchObject({ reason: 'OtherFormat' });
  });

  it.each([
    ['has no format', 'their key', 'theirs'],
    ['has a format that is no number', 'store:format', 'abc'],
    ['has an empty format', 'store:format', ''],
    ['has a format and no epoch', 'store:format', '1'],
  ])('is refused as not ours if the database %s', async (_, key, value) => {
    await level.put(key, value);
    await expect(bringToPresentFormat(rows, newEpoch)).rejects.toMatchObject({ reason: 'NotAStore' });
  });

  async function makeOld(): Promise<void> {
    await level.batch([
      { type: 'put', key: 'store:format', value: '0' },
      { type: 'put', key: 'store:epoch', value: 'old epoch' },
      { type: 'put', key: 'token:digest', value: '{"name":"ann"}' },
    ]);
  }
});
