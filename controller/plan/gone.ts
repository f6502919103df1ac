import type { Catalog } from '../manifest/catalog.ts';
import type { InvocationRecord } from '../run/run.ts';

/** Invocations in force that the catalog does not have, not even broken. */
export function goneInvocations(
  catalog: Catalog,
  known: ReadonlyMap<string, InvocationRecord>,
): InvocationRecord[] {
  const gone: InvocationRecord[] = [];
  if (catalog.invocations.size === known.size && allKnown(catalog, known)) return gone;
  for (const record of known.values()) {
    if (record.deleted !== undefined || catalog.invocations.has(record.name)) continue;
    if (!catalog.broken.invocations.has(record.name)) gone.push(record);
  }
  return gone;
}

/** Same size and every name known: then nothing is gone. The usual case, and this runs in every pass. */
function allKnown(catalog: Catalog, known: ReadonlyMap<string, InvocationRecord>): boolean {
  for (const name of catalog.invocations.keys()) if (!known.has(name)) return false;
  return true;
}
