import type { Desired, Wanted } from '../desired/desired.ts';
import type { Known } from './planning.ts';

/** What is wanted and may not be in force yet. */
export function* suspectsOf({ wanted }: Desired, { suspects }: Known): Iterable<Wanted> {
  if (suspects === undefined) return yield* wanted.values();
  for (const name of suspects.invocations) {
    const found = wanted.get(name);
    if (found !== undefined) yield found;
  }
}
