import type { Catalog } from '../manifest/catalog.ts';

/**
 * Whether what this file declared must be left alone: the file cannot be read, or some file cannot that did not
 * exist under this name before (what is missing may have moved into it).
 */
export function frozen(path: string, catalog: Catalog): boolean {
  if (catalog.unreadable.size === 0) return false;
  return catalog.unreadable.has(path) || !catalog.paths.has(path);
}
