import type { Catalog } from '../manifest/catalog.ts';
import type { InvocationRecord } from '../run/run.ts';
import type { Known } from './planning.ts';

/** Invocations in force that the catalog does not have, not even broken. */
export function goneInvocations(catalog: Catalog, { invocations, suspects }: Known): InvocationRecord[] {
  const gone: InvocationRecord[] = [];
  for (const name of suspects?.invocations ?? invocations.keys()) {
    const record = invocations.get(name);
    if (record === undefined || record.deleted !== undefined || catalog.invocations.has(name)) continue;
    if (!catalog.broken.invocations.has(name)) gone.push(record);
  }
  return gone;
}
