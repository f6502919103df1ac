import type { Catalog } from '../manifest/catalog.ts';
import type { Note, Plan, PlannedHold } from '../plan/step.ts';
import type { Admission } from './admit.ts';
import type { Condition, Outcome } from './outcome.ts';
import type { Since } from './since.ts';

/** What a pass found, for people. `since` gives each hold and condition the time from which it is as it is. */
export function report(
  { commit, hold, ready }: Admission,
  accepted: string | undefined,
  catalog: Catalog | undefined,
  plan: Plan | undefined,
  since: Since,
  now: string,
): Outcome {
  // Out of reach, what was accepted last is still in force.
  const inForce = commit ?? accepted;
  const holds: PlannedHold[] = [...(hold === undefined ? [] : [hold]), ...(plan?.holds ?? [])];
  const problems = catalog?.problems ?? [];
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const condition = (
    key: string,
    { type, status, reason, message }: Omit<Condition, 'since'>,
  ): Condition => ({
    type,
    status,
    reason,
    message,
    since: since.of(`${key}/${type}/${reason}`, `${status} ${reason} ${message}`, now),
  });
  const invocationConditions = new Map<string, Condition[]>();
  for (const [name, notes] of notesOf(catalog, plan)) {
    invocationConditions.set(
      name,
      notes.map(({ type, reason, message }) => {
        const status = type === 'Accepted' ? 'False' : 'True';
        return condition(`invocation/${name}`, { type, status, reason, message });
      }),
    );
  }
  return {
    ...(inForce !== undefined && { acceptedCommit: inForce }),
    problems,
    invocationConditions,
    holds: holds.map(({ id, reason, message }) => ({
      id,
      reason,
      message,
      since: since.of(`hold/${id}`, `${reason} ${message}`, now),
    })),
    conditions: [
      condition('controller', { type: 'SourceReady', ...ready }),
      ...(catalog === undefined ? [] : [snapshotValid()]),
    ],
  };

  function snapshotValid(): Condition {
    return condition('controller', {
      type: 'SnapshotValid',
      status: errors === 0 ? 'True' : 'False',
      reason: errors === 0 ? 'Valid' : 'Problems',
      message:
        errors === 0
          ? 'Every manifest can be used.'
          : `${errors === 1 ? '1 problem' : `${errors} problems`}; what they concern stays as it was.`,
    });
  }
}

function notesOf(catalog: Catalog | undefined, plan: Plan | undefined): Map<string, Note[]> {
  const notes = new Map<string, Note[]>(plan?.notes);
  for (const name of catalog?.broken.invocations ?? []) {
    const message =
      'Its manifest cannot be used (see the problems); the last accepted version stays in force.';
    notes.set(name, [{ type: 'Accepted', reason: 'Invalid', message }]);
  }
  return notes;
}
