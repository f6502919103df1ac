import { MemoryLevel } from 'memory-level';
import { expect, it } from 'vitest';
import { memoryRows } from '../../test/support/memory-store.ts';
import { rowStore } from './row-store.ts';

it('A store whose disk failed refuses that commit, and from then on every commit and every read', async () => {
  const level = new MemoryLevel<string, string>();
  let isFull = false;
  const rows = memoryRows(level, async (changes) => {
    if (isFull) throw new Error('no space left on device');
    await level.batch(changes);
  });
  const store = await rowStore(rows, { newEpoch: () => 'epoch' });
  await store.commit([{ put: 'meta', key: 'before', value: 1 }]);
  isFull = true;
  const refused = { name: 'StoreFailed', cause: { message: 'no space left on device' } };
  await expect(store.commit([{ put: 'meta', key: 'after', value: 1 }])).rejects.toMatchObject(refused);
  isFull = false;
  await expect(store.commit([{ put: 'meta', key: 'later', value: 1 }])).rejects.toMatchObject(refused);
  await expect(store.get('meta', 'before')).rejects.toMatchObject(refused);
  await expect(store.list('meta')[Symbol.asyncIterator]().next()).rejects.toMatchObject(refused);
  expect(await level.keys({ gte: 'meta:', lt: 'meta;' }).all()).toEqual(['meta:before']);
  await store.close();
});
