import type { Planning } from './planning.ts';

/** Occurrences that are over are closed: their counts are kept with them, and their executions need not be counted. */
export function planClosing({ known, plan }: Planning): void {
  for (const key of known.endedOccurrences) {
    const [id = '', occurrence = ''] = key.split('.');
    const run = known.runs.get(id);
    if (run !== undefined) plan.steps.push({ do: 'close', run: id, invocation: run.invocation, occurrence });
  }
}
