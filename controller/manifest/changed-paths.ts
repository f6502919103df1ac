import type { Snapshot, SnapshotFile } from '../source/snapshot.ts';

/** Paths that were added, changed or removed from one snapshot to the next. */
export function changedPaths(
  before: Pick<Snapshot, 'commit' | 'files'>,
  after: Pick<Snapshot, 'files' | 'changesFrom'>,
): readonly string[] {
  // A folder is `worktree` every time it is looked at: its name does not say what it held.
  if (after.changesFrom?.commit === before.commit && before.commit !== 'worktree')
    return after.changesFrom.paths;
  if (after.files === before.files) return [];
  const changed: string[] = [];
  for (const [path, file] of after.files) if (!isSame(before.files.get(path), file)) changed.push(path);
  for (const path of before.files.keys()) if (!after.files.has(path)) changed.push(path);
  return changed;
}

function isSame(a: SnapshotFile | undefined, b: SnapshotFile): boolean {
  return a !== undefined && a.blob === b.blob && a.mode === b.mode;
}
