import type { Note } from './step.ts';

/** Targets name instances that are not enrolled. */
export function unknownInstances(unknown: readonly string[]): Note {
  const names = unknown.slice(0, 5).join(', ') + (unknown.length > 5 ? `, … (${unknown.length})` : '');
  const message = `No such instance: ${names}. It is accepted as soon as all of them are enrolled.`;
  return { type: 'Accepted', reason: 'InstanceNotFound', message };
}
