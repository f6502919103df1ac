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

/**
 * Whether what this file used to declare may be there without being seen: the file cannot be read as a whole, or a
 * symbolic link or submodule has taken the place of one of its folders. Nothing of such a file may be pruned.
 */
export function isUnreadable(unreadable: ReadonlySet<string>, file: string): boolean {
  if (unreadable.size === 0) return false;
  if (unreadable.has('') || unreadable.has(file)) return true;
  for (let slash = file.indexOf('/'); slash >= 0; slash = file.indexOf('/', slash + 1)) {
    if (unreadable.has(file.slice(0, slash))) return true;
  }
  return false;
}

/** '' for the folder itself. */
function pathBelow(folder: string, path: string): string | undefined {
  if (folder === '' || path === folder) return folder === '' ? path : '';
  return path.startsWith(folder) && path[folder.length] === '/' ? path.slice(folder.length + 1) : undefined;
}
