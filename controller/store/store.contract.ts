// What every store promises (port.ts). A new one's test is a few lines: see memory-store.test.ts.
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Change, Range, Store } from './port.ts';

export interface StorePlace {
  /** Opens the store that is here; the first time, a new one whose epoch is drawn by `newEpoch`. */
  open(newEpoch: () => string): Promise<Store>;
  /** How many times something was synced to disk here so far. */
  syncs(): number;
  remove(): Promise<void>;
}

/** Runs the suite; `makePlace` gives an empty place. */
export function storeContract(name: string, makePlace: () => Promise<StorePlace>): void {
  describe(`store: ${name}`, () => {
    let place: StorePlace;
    let store: Store;

    beforeEach(async () => {
      place = await makePlace();
      store = await place.open(() => 'epoch-1');
    });
    afterEach(async () => {
      await store.close();
      await place.remove();
    });

    it('knows nothing of a row that was never put', async () => {
      expect(await store.get('meta', 'absent')).toBeUndefined();
      expect(await keys(store)).toEqual([]);
    });

    it('gives a value back as it was when it was committed', async () => {
      const value = { text: 'echo "grüße 🚜"\n\u0000' };
      const committed = store.commit([{ put: 'script', key: 'digest', value }]);
      value.text = 'changed later';
      await committed;
      expect(await store.get('script', 'digest')).toEqual({ text: 'echo "grüße 🚜"\n\u0000' });
    });

    it('lets the last change of a row in a commit win', async () => {
      await store.commit([put('a', 1), put('a', 2), put('b', 1), { delete: 'meta', key: 'b' }]);
      await store.commit([{ delete: 'meta', key: 'never there' }, put('c', 3)]);
      expect(await rows(store)).toEqual([
        ['a', 2],
        ['c', 3],
      ]);
    });

    it('lets commits take effect in the order of the calls, awaited or not', async () => {
      await Promise.all(Array.from({ length: 500 }, (_, n) => store.commit([put('row', n)])));
      expect(await store.get('meta', 'row')).toBe(499);
    });

    it('shows a reader every commit that was called before', async () => {
      const committed = [store.commit([put('row', 1)]), store.commit([put('row', 2)])];
      expect(await store.get('meta', 'row')).toBe(2);
      committed.push(store.commit([put('row', 3)]));
      expect(await rows(store)).toEqual([['row', 3]]);
      await Promise.all(committed);
    });

    it('resolves commits in order, and never one before it is on disk', async () => {
      const resolved: number[] = [];
      const syncsAtFirst = place.syncs();
      const commits = Array.from({ length: 20 }, async (_, n) => {
        await store.commit([put('row', n)]);
        expect(place.syncs()).toBeGreaterThan(syncsAtFirst);
        resolved.push(n);
      });
      await Promise.all(commits);
      expect(resolved).toEqual(Array.from({ length: 20 }, (_, n) => n));
    });

    it('syncs once for a commit, and hardly more often for a thousand at once', async () => {
      const before = place.syncs();
      for (let n = 0; n < 10; n++) await store.commit([put('row', n)]);
      expect(place.syncs() - before).toBe(10);
      await Promise.all(Array.from({ length: 1000 }, (_, n) => store.commit([put(`row ${n}`, n)])));
      expect(place.syncs() - before).toBeLessThanOrEqual(12);
    });

    it('writes nothing for a commit without changes, which waits for those before it', async () => {
      const before = place.syncs();
      await store.commit([]);
      expect(place.syncs()).toBe(before);
      const written = store.commit([put('row', 1)]);
      await store.commit([]);
      expect(place.syncs()).toBe(before + 1);
      await written;
    });

    it('keeps tables apart, also where the name of one begins another', async () => {
      await store.commit([
        { put: 'ack', key: 'same', value: { by: 'ann', reason: '', at: '' } },
        { put: 'token', key: 'same', value: { name: 'ann', createdAt: '' } },
        put('same', 1),
        { put: 'script', key: 'same', value: { text: 'true' } },
      ]);
      await store.commit([{ delete: 'token', key: 'same' }]);
      expect(await rows(store)).toEqual([['same', 1]]);
      expect(await store.get('token', 'same')).toBeUndefined();
      expect(await store.get('script', 'same')).toEqual({ text: 'true' });
    });

    it('lists any range of any keys in the order of their UTF-8 bytes', async () => {
      const key = fc.string({
        unit: fc.constantFrom('', 'a', 'b', ':', '\u0000', '\ud7ff', '\ue000', '\uffff', '🚜', '\u{10ffff}'),
      });
      const range = fc.record(
        {
          prefix: key,
          after: key,
          limit: fc.integer({ min: 0, max: 5 }),
          backwards: fc.constant<true>(true),
        },
        { requiredKeys: [] },
      );
      const known = new Set<string>();
      await fc.assert(
        fc.asyncProperty(fc.array(key, { maxLength: 5 }), range, async (more, range) => {
          for (const each of more) known.add(each);
          await store.commit(more.map((each) => put(each, 1)));
          expect(await keys(store, range)).toEqual(expectedKeys(known, range));
        }),
        { numRuns: 300 },
      );
    });

    it('lists rows as of one moment, whatever is committed meanwhile', async () => {
      await store.commit(Array.from({ length: 3000 }, (_, n) => put(String(n).padStart(4, '0'), 1)));
      let listed = 0;
      for await (const [key, value] of store.list('meta')) {
        expect(value).toBe(1);
        expect(key).not.toContain('new');
        if (listed % 500 === 0)
          await store.commit([put('9999 new', 2), put('2999', 2), { delete: 'meta', key: '2998' }]);
        listed += 1;
      }
      expect(listed).toBe(3000);
      expect((await keys(store)).length).toBe(3000);
    });

    it('takes ten thousand rows in one commit', async () => {
      const changes = Array.from({ length: 10_000 }, (_, n) => put(`row ${n}`, n));
      const before = place.syncs();
      await store.commit(changes);
      expect(place.syncs()).toBe(before + 1);
      expect((await keys(store)).length).toBe(10_000);
    });

    it('remembers after it was closed and opened again, under the same epoch', async () => {
      const late = [store.commit([put('a', 1)]), store.commit([put('b', 2)])];
      await store.close();
      await Promise.all(late);
      store = await place.open(() => 'epoch-2');
      expect(store.epoch).toBe('epoch-1');
      expect(await rows(store)).toEqual([
        ['a', 1],
        ['b', 2],
      ]);
    });

    it('has another epoch where it is made new', async () => {
      const elsewhere = await makePlace();
      const other = await elsewhere.open(() => 'epoch-2');
      expect([store.epoch, other.epoch]).toEqual(['epoch-1', 'epoch-2']);
      await other.close();
      await elsewhere.remove();
    });

    it('refuses commits once it is closed', async () => {
      await store.close();
      await expect(store.commit([put('a', 1)])).rejects.toMatchObject({ name: 'StoreFailed' });
      store = await place.open(() => 'epoch-2');
      expect(await keys(store)).toEqual([]);
    });
  });
}

function put(key: string, value: number): Change {
  return { put: 'meta', key, value };
}

async function rows(store: Store, range?: Range): Promise<[string, string | number][]> {
  const found: [string, string | number][] = [];
  for await (const row of store.list('meta', range)) found.push(row);
  return found;
}

async function keys(store: Store, range?: Range): Promise<string[]> {
  return (await rows(store, range)).map(([key]) => key);
}

function expectedKeys(known: Set<string>, { prefix = '', after, backwards, limit }: Range): string[] {
  const bytes = (text: string): Buffer => Buffer.from(text);
  const compare = (a: string, b: string) => bytes(a).compare(bytes(b)) * (backwards ? -1 : 1);
  return [...known]
    .filter((key) => key.startsWith(prefix))
    .filter((key) => after === undefined || compare(key, after) > 0)
    .sort(compare)
    .slice(0, limit);
}
