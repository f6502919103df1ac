// Snapshot → catalog. What did not change since the last snapshot costs nothing: its objects are the same as before.
import { compareProblems, problem } from '../../schemas/problem.ts';
import type { Snapshot } from '../source/snapshot.ts';
import type { Catalog } from './catalog.ts';
import { type CatalogIndex, emptyIndex, replaceFiles } from './catalog-index.ts';
import { changedPaths } from './changed-paths.ts';
import { type Limits, usualLimits } from './limits.ts';
import { manifestKind, unusablePaths } from './manifest-files.ts';
import { readFiles } from './read-files.ts';
import { lostReferenceProblems, missingCommands, settle } from './settle.ts';

const maxFiles = 200_000;

/** What one reader remembers between snapshots. Bounded by what the last snapshot holds. */
export interface ParseCache {
  limits: Limits;
  last?: { index: CatalogIndex; catalog: Catalog } | undefined;
  /** How many catalogs were made: no two have the same revision. */
  revisions: number;
}

export function makeParseCache(limits: Limits = usualLimits): ParseCache {
  return { limits, revisions: 0 };
}

/**
 * The catalog of a snapshot. Never throws for what a file has in it; throws if the snapshot cannot be read, and
 * then the cache is as before. One call at a time for each cache.
 */
export async function readCatalog(snapshot: Snapshot, cache: ParseCache): Promise<Catalog> {
  const last = cache.last?.index.snapshot.manifestPath === snapshot.manifestPath ? cache.last : undefined;
  const index = last?.index ?? emptyIndex({ ...kept(snapshot), files: new Map(), unreadable: [] });
  const manifests = affectedManifests(index, snapshot, changedPaths(index.snapshot, snapshot));
  if (countAfter(index, snapshot, manifests) > maxFiles) {
    cache.last = undefined;
    return refusal(snapshot, ++cache.revisions);
  }
  const changes = await readFiles(
    snapshot,
    manifests,
    (blob) => index.parsed.get(blob)?.parsed,
    cache.limits,
  );
  // From here on the index is half changed: if this throws, the next call begins anew.
  cache.last = undefined;
  index.snapshot = kept(snapshot);
  const revision = ++cache.revisions;
  const catalog = updated(index, changes, last?.catalog, revision, cache.limits);
  cache.last = { index, catalog };
  return catalog;
}

function updated(
  index: CatalogIndex,
  changes: Awaited<ReturnType<typeof readFiles>>,
  last: Catalog | undefined,
  revision: number,
  limits: Limits,
): Catalog {
  const { Command: commands, Invocation: invocations } = settle(index, replaceFiles(index, changes), limits);
  const problems =
    index.problems.size + index.lostReferences.size === 0 && last?.problems.length === 0
      ? last.problems
      : [...index.problems.values(), lostReferenceProblems(index)].flat().sort(compareProblems);
  return {
    commit: index.snapshot.commit,
    revision,
    ...(last !== undefined && { changesFrom: { revision: last.revision, commands, invocations } }),
    commands: index.commands,
    invocations: index.invocations,
    problems,
    broken: {
      commands: new Set([...index.broken.commands, ...missingCommands(index)]),
      invocations: new Set(index.broken.invocations),
    },
    unreadable: new Set(index.unreadable),
    paths: pathsOf(index.snapshot),
  };
}

function pathsOf(snapshot: Pick<Snapshot, 'manifestPath' | 'files'>): Catalog['paths'] {
  return {
    has: (path) => {
      const file = snapshot.files.get(path);
      return file !== undefined && manifestKind(snapshot, path, file) !== undefined;
    },
  };
}

/** What is remembered of a snapshot. */
function kept({ commit, manifestPath, files, unreadable = [] }: Snapshot): CatalogIndex['snapshot'] {
  return { commit, manifestPath, files, unreadable };
}

/** Manifests, old and new, for which a changed path matters. */
function affectedManifests(index: CatalogIndex, snapshot: Snapshot, changed: Iterable<string>): Set<string> {
  const affected = new Set([...unusablePaths(index.snapshot), ...unusablePaths(snapshot)]);
  for (const path of changed) {
    const file = snapshot.files.get(path);
    if (index.files.has(path) || (file !== undefined && manifestKind(snapshot, path, file) !== undefined))
      affected.add(path);
    for (const manifest of index.dependants.get(path) ?? []) affected.add(manifest);
  }
  return affected;
}

function countAfter(index: CatalogIndex, snapshot: Snapshot, manifests: ReadonlySet<string>): number {
  let count = index.files.size;
  for (const path of manifests) {
    if (index.files.has(path)) count--;
    if (snapshot.files.has(path)) count++;
  }
  return count;
}

/** Nothing is read and nothing may be pruned. */
function refusal({ commit, manifestPath }: Snapshot, revision: number): Catalog {
  const place = { file: manifestPath === '' ? '.' : manifestPath, line: 1, column: 1 };
  const finding = { what: 'there are too many manifest files', legal: `${maxFiles} at most` };
  return {
    commit,
    revision,
    commands: new Map(),
    invocations: new Map(),
    problems: [problem('TooManyFiles', place, finding)],
    broken: { commands: new Set(), invocations: new Set() },
    unreadable: new Set([manifestPath]),
    paths: { has: () => false },
  };
}
