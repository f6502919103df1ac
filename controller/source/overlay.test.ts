import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { overlay } from './overlay.ts';
import type { SnapshotFile } from './snapshot.ts';

const file = (blob: string): SnapshotFile => ({ blob, mode: '100644' });

describe('an overlay', () => {
  it('is what a changed copy would be, however often it is laid over', () => {
    const path = fc.constantFrom('a', 'b', 'c', 'd', 'e/f', 'g');
    const change = fc.tuple(path, fc.option(fc.string({ maxLength: 3 }).map(file), { nil: undefined }));
    fc.assert(
      fc.property(fc.array(fc.array(change), { maxLength: 8 }), (rounds) => {
        let laid: ReadonlyMap<string, SnapshotFile> = new Map([['a', file('1')]]);
        let copy = new Map(laid);
        for (const round of rounds) {
          const before = [...copy];
          const under = laid;
          laid = overlay(laid, new Map(round));
          copy = new Map(copy);
          for (const [key, value] of new Map(round)) {
            if (value === undefined) copy.delete(key);
            else copy.set(key, value);
          }
          expect(new Map(under)).toEqual(new Map(before));
        }
        expect(new Map(laid)).toEqual(copy);
        expect(laid.size).toBe(copy.size);
        expect(new Set(laid.keys())).toEqual(new Set(copy.keys()));
        expect([...laid.values()]).toHaveLength(copy.size);
        const seen: string[] = [];
        laid.forEach((value, key, whole) => {
          expect(whole.get(key)).toBe(value);
          seen.push(key);
        });
        expect(seen).toHaveLength(copy.size);
        for (const key of ['a', 'b', 'c', 'd', 'e/f', 'g', 'z']) {
          expect(laid.get(key)).toEqual(copy.get(key));
          expect(laid.has(key)).toBe(copy.has(key));
        }
      }),
    );
  });

  it('becomes a plain map again when the changes are many', () => {
    const files = new Map([['a', file('1')]]);
    const few = overlay(files, new Map([['b', file('2')]]));
    expect(few).not.toBeInstanceOf(Map);
    const many = new Map(Array.from({ length: 300 }, (_, index) => [`m${index}`, file('3')] as const));
    expect(overlay(few, many)).toBeInstanceOf(Map);
    expect(overlay(few, many).size).toBe(302);
  });
});
