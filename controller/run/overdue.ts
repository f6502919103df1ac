import type { ExecutionState } from './execution.ts';

/** Milliseconds that instances have to call in after the controller has started. */
const graceMs = 120_000;

/**
 * Whether an execution may not be handed to its instance any more. One that came too late may be waiting for its turn
 * on an instance that has been there all along (`onlineSince`, an ISO time, undefined while it is away): that one is
 * not forgotten, however long its turn takes. What last week was meant for a machine that comes back today is.
 *
 * Who was there before the controller started is not known: an instance that calls in the time of grace after that
 * (`waitingSince`, an ISO time) counts as one that was. There is no grace for one that has called and gone (undefined).
 */
export function isOverdue(
  { deliverBefore }: Extract<ExecutionState, { is: 'waiting' | 'offered' }>,
  now: string,
  onlineSince: string | undefined,
  waitingSince: string | undefined,
): boolean {
  const graceEnd =
    waitingSince === undefined ? '' : new Date(Date.parse(waitingSince) + graceMs).toISOString();
  const deadline = deliverBefore > graceEnd ? deliverBefore : graceEnd;
  return deliverBefore <= now && deadline <= now && (onlineSince === undefined || onlineSince > deadline);
}
