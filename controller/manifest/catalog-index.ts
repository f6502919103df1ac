// Everything that the next catalog is made from without looking at files that did not change. Mutable, and private
// to readCatalog: catalogs that were given out never change.
import type { Place, Problem } from '../../schemas/problem.ts';
import type { Snapshot } from '../source/snapshot.ts';
import type { BoundFile, Unit } from './bind-file.ts';
import type { CatalogCommand, CatalogInvocation } from './catalog.ts';
import type { ParsedFile } from './parsed.ts';
import type { Kind } from './shape.ts';
import { ShardedMap } from './sharded-map.ts';

export interface IndexedFile {
  /** The manifest's blob and what is in it; missing if it was not read (a symbolic link, a submodule). */
  content?: { blob: string; parsed: ParsedFile };
  bound: BoundFile;
  /** Paths that decide which scripts it takes from other files. */
  dependsOn: readonly string[];
}

export interface CatalogIndex {
  snapshot: Omit<Snapshot, 'read' | 'changesFrom'>;
  files: Map<string, IndexedFile>;
  parsed: Map<string, { parsed: ParsedFile; uses: number }>;
  /** Manifests by the paths that they depend on. */
  dependants: Map<string, Set<string>>;
  declared: Record<Kind, Map<string, Set<Unit>>>;
  /** Invocations by the name of the command that they refer to. */
  referrers: Map<string, Set<Unit>>;
  problems: Map<string, readonly Problem[]>;
  /** References to commands that do not exist, by Invocation. What was meant depends on all the others. */
  lostReferences: Map<string, { name: string; place: Place }>;
  commands: ShardedMap<CatalogCommand>;
  invocations: ShardedMap<CatalogInvocation>;
  /** Commands that there is no room for. */
  overQuota: ReadonlySet<string>;
  broken: { commands: Set<string>; invocations: Set<string> };
  unreadable: Set<string>;
}

/** Names whose outcome has to be found out again. */
export type Touched = Record<Kind, Set<string>>;

export function emptyIndex(snapshot: CatalogIndex['snapshot']): CatalogIndex {
  return {
    snapshot,
    files: new Map(),
    parsed: new Map(),
    dependants: new Map(),
    declared: { Command: new Map(), Invocation: new Map() },
    referrers: new Map(),
    problems: new Map(),
    lostReferences: new Map(),
    commands: new ShardedMap(),
    invocations: new ShardedMap(),
    overQuota: new Set(),
    broken: { commands: new Set(), invocations: new Set() },
    unreadable: new Set(),
  };
}

/** Puts files in the place of what the index had at their paths; undefined: the path is gone. */
export function replaceFiles(
  index: CatalogIndex,
  changes: ReadonlyMap<string, IndexedFile | undefined>,
): Touched {
  const touched: Touched = { Command: new Set(), Invocation: new Set() };
  const released = new Set<string>();
  for (const [path, file] of changes) {
    const old = index.files.get(path);
    if (old !== undefined) removeFile(index, path, old, touched, released);
    if (file !== undefined) addFile(index, path, file, touched);
  }
  for (const blob of released) if (index.parsed.get(blob)?.uses === 0) index.parsed.delete(blob);
  return touched;
}

function removeFile(
  index: CatalogIndex,
  path: string,
  { content, bound, dependsOn }: IndexedFile,
  touched: Touched,
  released: Set<string>,
): void {
  index.files.delete(path);
  index.unreadable.delete(path);
  setProblems(index, `file ${path}`, []);
  const parsed = content === undefined ? undefined : index.parsed.get(content.blob);
  if (content !== undefined && parsed !== undefined) {
    parsed.uses--;
    released.add(content.blob);
  }
  for (const each of dependsOn) take(index.dependants, each, path);
  for (const unit of bound.units) {
    touched[unit.kind].add(unit.name);
    take(index.declared[unit.kind], unit.name, unit);
    if (unit.ref !== undefined) take(index.referrers, unit.ref.name, unit);
  }
}

function addFile(index: CatalogIndex, path: string, file: IndexedFile, touched: Touched): void {
  const { content, bound, dependsOn } = file;
  index.files.set(path, file);
  if (!bound.complete) index.unreadable.add(path);
  setProblems(index, `file ${path}`, bound.problems);
  if (content !== undefined) {
    const uses = index.parsed.get(content.blob)?.uses ?? 0;
    index.parsed.set(content.blob, { parsed: content.parsed, uses: uses + 1 });
  }
  for (const each of dependsOn) put(index.dependants, each, path);
  for (const unit of bound.units) {
    touched[unit.kind].add(unit.name);
    put(index.declared[unit.kind], unit.name, unit);
    if (unit.ref !== undefined) put(index.referrers, unit.ref.name, unit);
  }
}

/** Problems of one origin in the place of those that it had. */
export function setProblems(index: CatalogIndex, origin: string, problems: readonly Problem[]): void {
  if (problems.length === 0) index.problems.delete(origin);
  else index.problems.set(origin, problems);
}

function put<T>(sets: Map<string, Set<T>>, key: string, value: T): void {
  const set = sets.get(key);
  if (set === undefined) sets.set(key, new Set([value]));
  else set.add(value);
}

function take<T>(sets: Map<string, Set<T>>, key: string, value: T): void {
  const set = sets.get(key);
  set?.delete(value);
  if (set?.size === 0) sets.delete(key);
}
