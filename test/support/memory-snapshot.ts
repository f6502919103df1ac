import type { Snapshot, SnapshotFile } from '../../controller/source/snapshot.ts';
import { sha256 } from '../../schemas/digest.ts';

export type FixtureFile = string | Buffer | { mode: '120000' | '160000' };

/** A snapshot of these files, read from memory. */
export function snapshotOf(
  files: Readonly<Record<string, FixtureFile>> | ReadonlyMap<string, FixtureFile>,
  commit = 'c1',
  changesFrom?: Snapshot['changesFrom'],
): Snapshot & { reads: string[] } {
  const blobs = new Map<string, Buffer>();
  const listed = new Map<string, SnapshotFile>();
  for (const [path, file] of files instanceof Map ? files : Object.entries(files)) {
    const isText = typeof file === 'string' || file instanceof Buffer;
    const bytes = isText ? Buffer.from(file) : Buffer.from('elsewhere');
    const blob = sha256(bytes);
    blobs.set(blob, bytes);
    listed.set(path, { blob, mode: isText ? '100644' : file.mode });
  }
  const reads: string[] = [];
  return {
    commit,
    manifestPath: 'manifests',
    files: listed,
    ...(changesFrom === undefined ? {} : { changesFrom }),
    reads,
    read: async (ids, limit) => {
      reads.push(...ids);
      return new Map(ids.map((id) => [id, limited(blobs.get(id), limit)]));
    },
  };
}

function limited(bytes: Buffer | undefined, limit: number): Buffer | { tooLarge: number } {
  if (bytes === undefined) throw new Error('no such blob');
  return bytes.length > limit ? { tooLarge: bytes.length } : bytes;
}
