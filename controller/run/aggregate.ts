import type { State } from '../../schemas/generated/definitions.ts';
import type { InvocationStatusBody } from '../../schemas/generated/status.ts';

export type OverallPhase = NonNullable<InvocationStatusBody['phase']>;

/** How many executions are in each phase. */
export type PhaseCounts = Readonly<Partial<Record<string, number>>>;

/** Overall state by the seed's priorities (design: states). */
export function overallState(phases: PhaseCounts): State {
  throw new Error(`not written: ${Object.keys(phases).join()}`);
}
