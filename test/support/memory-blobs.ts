import type { Blobs } from '../../controller/store/blobs.ts';
import { sha256 } from '../../schemas/digest.ts';

/** Blobs that are gone when the test ends. `contents` may be shared, as a disk is between two lives. */
export function memoryBlobs(contents = new Map<string, Buffer>()): Blobs {
  const kept = new Set(contents.keys());
  return {
    kept,
    async keep(blob, bytes) {
      if (sha256(bytes) !== blob.sha256) throw new Error(`these are not the bytes of ${blob.sha256}`);
      contents.set(blob.sha256, bytes);
      kept.add(blob.sha256);
    },
    read: async ({ sha256 }, offset, length) => contents.get(sha256)?.subarray(offset, offset + length),
    async forget(sha256) {
      contents.delete(sha256);
      kept.delete(sha256);
    },
  };
}
