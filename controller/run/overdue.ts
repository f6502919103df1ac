import type { ExecutionState } from './execution.ts';

/**
 * Whether an execution may not be handed to its instance any more. One that came too late may be waiting for its turn
 * on an instance that has been there all along (`onlineSince`, an ISO time, undefined while it is away): that one is
 * not forgotten, however long its turn takes. What last week was meant for a machine that comes back today is.
 */
export function isOverdue(
  { deliverBefore }: Extract<ExecutionState, { is: 'waiting' | 'offered' }>,
  now: string,
  onlineSince: string | undefined,
): boolean {
  return deliverBefore <= now && (onlineSince === undefined || onlineSince > deliverBefore);
}
