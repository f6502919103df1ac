import type { Planning } from './planning.ts';

/**
 * Runs that are over are closed: their counts are kept with them, and their executions need not be in memory.
 * A run in force that late joiners may still join is never over.
 */
export function planSettling({ known, plan }: Planning): void {
  const extended = new Set(plan.steps.flatMap((step) => (step.do === 'extend' ? [step.run] : [])));
  for (const id of known.endedRuns) {
    if (extended.has(id)) continue;
    const run = known.runs.get(id);
    const record = run === undefined ? undefined : known.invocations.get(run.invocation);
    if (run === undefined) continue;
    const open = record?.run === id && record.deleted === undefined && record.lateJoiners === 'Run';
    if (!open || run.stopped !== undefined)
      plan.steps.push({ do: 'settle', run: id, invocation: run.invocation });
  }
}
