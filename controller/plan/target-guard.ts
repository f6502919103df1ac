import type { Wanted } from '../desired/desired.ts';
import { addNote } from './note.ts';
import type { Planning } from './planning.ts';

/** Holds a run on more instances than the guard allows, until somebody says that it is meant. */
export function tooManyTargets({ guard, known, plan }: Planning, wanted: Wanted, count: number): boolean {
  if (count <= guard.maxTargets) return false;
  const { name } = wanted.invocation;
  const hold = `targets:${wanted.id}:${wanted.targetsDigest.slice(0, 12)}`;
  if (known.acknowledged(hold)) {
    plan.released.push(hold);
    return false;
  }
  const message = `It would run on ${count} instances; more than ${guard.maxTargets} are held.`;
  plan.holds.push({ id: hold, reason: 'ManyTargets', message, invocation: name });
  addNote(plan, name, { type: 'Held', reason: 'ManyTargets', message });
  return true;
}
