import type { Snapshot, SnapshotFile } from '../source/snapshot.ts';

/** What a path of the snapshot is to the catalog; undefined if it is nothing to it. */
export function manifestKind(
  { manifestPath }: Pick<Snapshot, 'manifestPath'>,
  path: string,
  { mode }: SnapshotFile,
): 'manifest' | 'symlink' | 'submodule' | undefined {
  const below = pathBelow(manifestPath, path);
  if (below === undefined || /(^|\/)\./.test(below)) return undefined;
  // A link or a submodule may hide manifests, whatever it is called.
  if (mode === '120000') return 'symlink';
  if (mode === '160000') return 'submodule';
  return /\.ya?ml$/.test(below) ? 'manifest' : undefined;
}

/** Paths of the snapshot that would be manifests if they could be paths at all. */
export function unusablePaths({
  manifestPath,
  unreadable = [],
}: Pick<Snapshot, 'manifestPath' | 'unreadable'>): string[] {
  return unreadable.filter((path) => /\.ya?ml$/.test(pathBelow(manifestPath, path) ?? ''));
}

/** '' for the folder itself. */
function pathBelow(folder: string, path: string): string | undefined {
  if (folder === '' || path === folder) return folder === '' ? path : '';
  return path.startsWith(folder) && path[folder.length] === '/' ? path.slice(folder.length + 1) : undefined;
}
