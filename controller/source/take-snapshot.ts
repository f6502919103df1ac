import type { Listed } from './listing.ts';
import { overlay } from './overlay.ts';
import type { Repository } from './repository.ts';
import type { Snapshot, SnapshotFile } from './snapshot.ts';

/**
 * The files of a commit. With a snapshot to start from, only what differs from it is listed; if that one's commit
 * has gone from the repository, everything is. The previous snapshot stays as it was.
 */
export async function takeSnapshot(
  repository: Repository,
  commit: string,
  manifestPath: string,
  previous?: Snapshot,
): Promise<Snapshot> {
  const read: Snapshot['read'] = (blobs, limit) => repository.objects.read(blobs, limit);
  const base = { commit, manifestPath, read };
  const changes = previous === undefined ? undefined : await changesSince(previous, commit, repository);
  if (previous !== undefined && changes !== undefined) return { ...base, ...changed(previous, changes) };
  return { ...base, ...whole(await repository.list(commit)) };
}

/** Undefined if the previous commit or something of it is not there any more. */
async function changesSince(
  previous: Snapshot,
  commit: string,
  repository: Repository,
): Promise<Listed[] | undefined> {
  if (!(await repository.has(previous.commit))) return undefined;
  return await repository.changes(previous.commit, commit).catch(() => undefined);
}

function whole(listed: readonly Listed[]): Pick<Snapshot, 'files' | 'unreadable'> {
  const files = new Map<string, SnapshotFile>();
  const unreadable: string[] = [];
  for (const entry of listed) {
    if ('unreadable' in entry) unreadable.push(entry.unreadable);
    else if (entry.file !== undefined) files.set(entry.path, entry.file);
  }
  return { files, unreadable: unreadable.sort() };
}

function changed(
  previous: Snapshot,
  listed: readonly Listed[],
): Required<Pick<Snapshot, 'files' | 'unreadable' | 'changesFrom'>> {
  const changes = new Map<string, SnapshotFile | undefined>();
  const unreadable = new Set(previous.unreadable);
  for (const entry of listed) {
    if (!('unreadable' in entry)) changes.set(entry.path, entry.file);
    else if (entry.gone) unreadable.delete(entry.unreadable);
    else unreadable.add(entry.unreadable);
  }
  return {
    files: overlay(previous.files, changes),
    unreadable: [...unreadable].sort(),
    changesFrom: { commit: previous.commit, paths: [...changes.keys()] },
  };
}
