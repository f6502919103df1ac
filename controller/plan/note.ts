import type { Note, Plan } from './step.ts';

/** Something to know about this Invocation, besides what was noted before. */
export function addNote(plan: Plan, invocation: string, note: Note): void {
  const notes = plan.notes.get(invocation);
  if (notes === undefined) plan.notes.set(invocation, [note]);
  else notes.push(note);
}
