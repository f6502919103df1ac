// Files as they lie on disk → snapshot, for `groundcrew validate`: offline, and without Git. What Git would keep
// outside of a commit's manifests is kept outside here too: symbolic links are not followed, other repositories
// not entered, and nothing outside of the root is read.
import { lstatSync, readdirSync, readFileSync, realpathSync, type Stats } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { sha256 } from '../../schemas/digest.ts';
import type { Snapshot, SnapshotFile } from './snapshot.ts';

/** Files larger than this are read only when somebody asks for them, and not kept. */
const maxHeldBytes = 1024 * 1024;

type Contents = Map<string, Buffer | { path: string; size: number }>;

/**
 * A snapshot of the files at and below these paths, which are relative to `root` ('' is all of it). Any other file
 * of the root is found when it is asked for by name, and is not listed. Throws what the file system throws.
 */
export function folderSnapshot(root: string, paths: readonly string[], manifestPath: string): Snapshot {
  const contents: Contents = new Map();
  const entry = (path: string) => fileAt(root, path, contents);
  const listed = new Map<string, SnapshotFile>();
  for (const path of paths) {
    for (const each of filesBelow(root, path)) {
      const file = entry(each);
      if (file !== undefined) listed.set(each, file);
    }
  }
  return {
    commit: 'worktree',
    manifestPath,
    files: withUnlisted(listed, entry),
    read: async (blobs, limit) =>
      new Map(blobs.map((blob) => [blob, limited(root, contents.get(blob), blob, limit)])),
  };
}

/** Path of a file or folder relative to the root, `/` between folders; undefined if it is not in it. */
export function pathInRoot(root: string, path: string): string | undefined {
  // The last part is not resolved: if it is a symbolic link, that is what it must be seen as.
  const real =
    path === root ? realpathSync(path) : join(realpathSync(dirname(path)), path.slice(dirname(path).length));
  const inside = relative(realpathSync(root), real);
  if (inside === '..' || inside.startsWith(`..${sep}`)) return undefined;
  return inside.split(sep).join('/');
}

function filesBelow(root: string, path: string): string[] {
  const stats = statsOf(join(root, path));
  if (stats === undefined) return [];
  if (!stats.isDirectory()) return [path];
  const names = readdirSync(join(root, path)).sort();
  // Another repository in a folder of this one: Git has it as a submodule or not at all.
  if (path !== '' && names.includes('.git')) return [path];
  return names
    .filter((name) => name !== '.git' && name !== 'node_modules')
    .flatMap((name) => filesBelow(root, path === '' ? name : `${path}/${name}`));
}

function fileAt(root: string, path: string, contents: Contents): SnapshotFile | undefined {
  const stats = statsOf(join(root, path));
  if (stats === undefined) return undefined;
  if (stats.isSymbolicLink()) return { blob: sha256(`link ${path}`), mode: '120000' };
  if (stats.isDirectory()) {
    const isOther = path !== '' && statsOf(join(root, path, '.git')) !== undefined;
    return isOther ? { blob: sha256(`repository ${path}`), mode: '160000' } : undefined;
  }
  if (!stats.isFile()) return undefined;
  const mode = (stats.mode & 0o100) === 0 ? '100644' : '100755';
  const isLarge = stats.size > maxHeldBytes;
  const content = isLarge ? { path, size: stats.size } : readFileSync(join(root, path));
  const blob = content instanceof Buffer ? sha256(content) : sha256(`large ${stats.size} ${path}`);
  contents.set(blob, content);
  return { blob, mode };
}

function statsOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

/** `listed`, in which any other file can be looked up too. */
function withUnlisted(
  listed: ReadonlyMap<string, SnapshotFile>,
  find: (path: string) => SnapshotFile | undefined,
): ReadonlyMap<string, SnapshotFile> {
  const files = new Map(listed);
  const listedOrFound = (path: string) => listed.get(path) ?? find(path);
  files.get = listedOrFound;
  files.has = (path) => listedOrFound(path) !== undefined;
  return files;
}

function limited(
  root: string,
  content: Buffer | { path: string; size: number } | undefined,
  blob: string,
  limit: number,
): Buffer | { tooLarge: number } {
  if (content === undefined) throw new Error(`the snapshot has no content ${blob}`);
  const size = Buffer.isBuffer(content) ? content.length : content.size;
  if (size > limit) return { tooLarge: size };
  return Buffer.isBuffer(content) ? content : readFileSync(join(root, content.path));
}
