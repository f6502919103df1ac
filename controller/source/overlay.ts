import type { SnapshotFile } from './snapshot.ts';

type Files = ReadonlyMap<string, SnapshotFile>;
/** Undefined takes the path away. */
type Changes = ReadonlyMap<string, SnapshotFile | undefined>;

/**
 * The files with some of them changed, as they would be after a copy, without the copy: one changed file of
 * 100,000 costs one entry, and both maps stay usable. `files` must not be changed in place any more. Laid over
 * such a map again, the changes are joined, so that there are never more than two layers; when they have become
 * many, one real copy is made.
 */
export function overlay(files: Files, changes: Changes): Files {
  const layers = layersOf.get(files) ?? { base: files, changes: new Map() };
  const joined = new Map(layers.changes);
  for (const [path, file] of changes) {
    if (file === undefined && !layers.base.has(path)) joined.delete(path);
    else joined.set(path, file);
  }
  return joined.size > fewest + layers.base.size / 32
    ? copied(layers.base, joined)
    : layered(layers.base, joined);
}

/** Up to so many changes are never worth a copy. */
const fewest = 256;

const layersOf = new WeakMap<Files, { base: Files; changes: Changes }>();

function copied(base: Files, changes: Changes): Files {
  const copy = new Map(base);
  for (const [path, file] of changes) {
    if (file === undefined) copy.delete(path);
    else copy.set(path, file);
  }
  return copy;
}

function layered(base: Files, changes: Changes): Files {
  let size = base.size;
  for (const [path, file] of changes) {
    if (file === undefined) size -= 1;
    else if (!base.has(path)) size += 1;
  }
  function* entries(): Generator<[string, SnapshotFile], undefined> {
    for (const entry of base) if (!changes.has(entry[0])) yield entry;
    for (const [path, file] of changes) if (file !== undefined) yield [path, file];
  }
  function* keys(): Generator<string, undefined> {
    for (const [path] of entries()) yield path;
  }
  function* values(): Generator<SnapshotFile, undefined> {
    for (const [, file] of entries()) yield file;
  }
  const files: Files = {
    size,
    get: (path) => (changes.has(path) ? changes.get(path) : base.get(path)),
    has: (path) => (changes.has(path) ? changes.get(path) !== undefined : base.has(path)),
    forEach: (callback) => {
      for (const [path, file] of entries()) callback(file, path, files);
    },
    entries,
    keys,
    values,
    [Symbol.iterator]: entries,
  };
  layersOf.set(files, { base, changes });
  return files;
}
