// How many Commands there may be. They count in the order of file and line; what comes after the last that there is
// room for cannot be used. By name, usable or not: what a broken manifest used to say is still in force.
import { type Place, type Problem, problem } from '../../schemas/problem.ts';
import type { Unit } from './bind-file.ts';
import type { CatalogIndex } from './catalog-index.ts';

/** The names beyond the quota, and those for which that is news. */
export function commandQuota(
  { declared, overQuota }: Pick<CatalogIndex, 'declared' | 'overQuota'>,
  most: number,
): { over: ReadonlySet<string>; changed: readonly string[] } {
  const over = new Set(namesBeyond(declared.Command, most));
  const changed = [...overQuota, ...over].filter((name) => over.has(name) !== overQuota.has(name));
  return { over, changed };
}

/** The problem at each place of a name that is beyond it. */
export function quotaFaults(units: ReadonlySet<Unit> | undefined, most: number): Problem[] {
  return [...(units ?? [])].map(({ place }) =>
    problem('CommandQuotaExceeded', place, {
      what: 'there are too many Commands before this one',
      legal: `${most} at most`,
    }),
  );
}

function namesBeyond(declared: ReadonlyMap<string, ReadonlySet<Unit>>, most: number): string[] {
  if (declared.size <= most) return [];
  return [...declared]
    .map(([name, units]) => ({ name, place: firstPlace(units) }))
    .sort((a, b) => comparePlaces(a.place, b.place))
    .slice(most)
    .map(({ name }) => name);
}

function firstPlace(units: ReadonlySet<Unit>): Place | undefined {
  return [...units].map(({ place }) => place).sort(comparePlaces)[0];
}

function comparePlaces(a: Place | undefined, b: Place | undefined): number {
  if (a === undefined || b === undefined) return 0;
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column;
}
