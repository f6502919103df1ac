import type { Condition as ConditionDocument } from '../../schemas/generated/status.ts';
import type { Condition } from '../reconcile/outcome.ts';

/** Conditions as documents have them: by type, members in their order. */
export function conditionDocuments(conditions: readonly Condition[]): ConditionDocument[] {
  return conditions
    .map(({ type, status, reason, message, since }) => ({ type, status, reason, message, since }))
    .sort((a, b) => (a.type < b.type ? -1 : 1));
}
