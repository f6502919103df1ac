import type { Desired } from '../desired/desired.ts';
import type { Run } from '../run/run.ts';

/**
 * A run as its manifest and its Command are now: what recurs follows them. While they cannot be read, or ask for
 * something else, it is as it was when they were.
 */
export function asWanted(
  { wanted }: Desired,
  run: Run,
): Pick<Run, 'work' | 'repeat' | 'deliverySeconds'> & { script?: string } {
  const now = wanted.get(run.invocation);
  if (now?.id !== run.id) return run;
  const { repeat, deliverySeconds } = now.invocation;
  return { work: now.work, repeat, deliverySeconds, ...(now.script !== undefined && { script: now.script }) };
}
