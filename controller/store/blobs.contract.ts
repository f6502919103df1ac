// What every keeper of blobs promises (blobs.ts). A new one's test is a few lines: see memory-blobs.test.ts.
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../schemas/digest.ts';
import type { Blobs } from './blobs.ts';

export interface BlobPlace {
  /** Opens what is here; the first time it is empty. */
  open(): Promise<Blobs>;
  remove(): Promise<void>;
}

export const blobOf = (bytes: Buffer) => ({ sha256: sha256(bytes), size: bytes.length });

/** Runs the suite; `makePlace` gives an empty place. */
export function blobsContract(name: string, makePlace: () => Promise<BlobPlace>): void {
  describe(`blobs: ${name}`, () => {
    let place: BlobPlace;
    let blobs: Blobs;
    const bytes = Buffer.from([0, 255, 10, 0, ...randomBytes(3_000_000)]);
    const blob = blobOf(bytes);

    beforeEach(async () => {
      place = await makePlace();
      blobs = await place.open();
    });
    afterEach(() => place.remove());

    it('knows nothing of what was never kept', async () => {
      expect(blobs.kept.size).toBe(0);
      expect(await blobs.read(blob, 0, 10)).toBeUndefined();
    });

    it('gives the bytes back, in pieces, and nothing behind the end', async () => {
      await blobs.keep(blob, bytes);
      const parts: Buffer[] = [];
      for (let offset = 0; offset < bytes.length; offset += 1_000_000)
        parts.push((await blobs.read(blob, offset, 1_000_000)) ?? Buffer.alloc(0));
      expect(parts.map(({ length }) => length)).toEqual([1_000_000, 1_000_000, 1_000_000, 4]);
      expect(Buffer.concat(parts).equals(bytes)).toBe(true);
      expect(await blobs.read(blob, bytes.length, 10)).toEqual(Buffer.alloc(0));
      expect(await blobs.read(blob, bytes.length + 5, 10)).toEqual(Buffer.alloc(0));
    });

    it('keeps an empty one', async () => {
      const empty = blobOf(Buffer.alloc(0));
      await blobs.keep(empty, Buffer.alloc(0));
      expect(await blobs.read(empty, 0, 10)).toEqual(Buffer.alloc(0));
    });

    it('still has it when it is opened again', async () => {
      await blobs.keep(blob, bytes);
      const again = await place.open();
      expect(again.kept).toEqual(new Set([blob.sha256]));
      expect((await again.read(blob, 5, 20))?.equals(bytes.subarray(5, 25))).toBe(true);
    });

    it('keeps the same one twice, at the same time too', async () => {
      await Promise.all([blobs.keep(blob, bytes), blobs.keep(blob, bytes)]);
      await blobs.keep(blob, bytes);
      expect((await blobs.read(blob, 0, 20))?.equals(bytes.subarray(0, 20))).toBe(true);
    });

    it('refuses bytes that are other ones', async () => {
      await expect(blobs.keep(blob, bytes.subarray(1))).rejects.toThrow('not the bytes');
      expect(blobs.kept.size).toBe(0);
    });

    it('forgets one, and only that one', async () => {
      const other = Buffer.from('other');
      await blobs.keep(blob, bytes);
      await blobs.keep(blobOf(other), other);
      await blobs.forget(blob.sha256);
      await blobs.forget(blob.sha256);
      expect(await blobs.read(blob, 0, 10)).toBeUndefined();
      expect((await place.open()).kept).toEqual(new Set([blobOf(other).sha256]));
    });
  });
}
