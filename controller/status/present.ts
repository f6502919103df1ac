import type { PhaseCounts } from '../run/aggregate.ts';

/** Counts by name, without the phases that nothing is in. */
export function present(phases: PhaseCounts): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const phase of Object.keys(phases).sort()) {
    const count = phases[phase] ?? 0;
    if (count > 0) counts[phase] = count;
  }
  return counts;
}
