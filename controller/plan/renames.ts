import type { Desired, Wanted } from '../desired/desired.ts';
import { goesOn, type InvocationRecord } from '../run/run.ts';
import { recordOf } from './invocation.ts';
import { addNote } from './note.ts';
import type { Planning } from './planning.ts';
import type { Note, Plan } from './step.ts';
import { suspectsOf } from './suspects.ts';

/** The annotation by which a person says that an Invocation is an earlier one under another name. */
export const renamedFrom = 'groundcrew.dev/renamed-from';

/** Names that planRenames dealt with, so that they are neither accepted as new nor deleted. */
export interface Renames {
  added: ReadonlySet<string>;
  removed: ReadonlySet<string>;
}

/**
 * A name that is new while another with the same content otherwise is gone: a rename would run everything once
 * more. With the annotation it is one and runs nothing; without it, it is held until a person says which it is.
 * What goes on until it is stopped executes nothing when it is accepted, so it is simply another one under another name.
 * What is decided does not depend on the order of the names: declared renames first, then every other new name
 * against everything that is still gone.
 */
export function planRenames(
  planning: Planning,
  desired: Desired,
  gone: readonly InvocationRecord[],
): Renames {
  const added = new Set<string>();
  const removed = new Set<string>();
  const renamed = new Set<string>();
  const fresh = [...suspectsOf(desired, planning.known)]
    .filter(({ invocation: { name, repeat } }) => !planning.known.invocations.has(name) && !goesOn(repeat))
    .sort((a, b) => (a.invocation.name < b.invocation.name ? -1 : 1));
  for (const candidate of fresh) {
    const from = declaredOrigin(planning, candidate);
    if (from === undefined || planning.known.runs.has(candidate.id)) continue;
    if (rename(planning, candidate, from)) renamed.add(from.name);
    added.add(candidate.invocation.name);
    removed.add(from.name);
  }
  const left = byContent(
    planning,
    gone.filter(({ name }) => !renamed.has(name)),
  );
  if (left.size === 0) return { added, removed };
  for (const candidate of fresh) {
    const { name } = candidate.invocation;
    const twins = left.get(candidate.digestWithoutName);
    if (added.has(name) || twins === undefined || isNoRename(planning, candidate)) continue;
    hold(planning, candidate, twins);
    added.add(name);
    for (const twin of twins) removed.add(twin);
  }
  return { added, removed };
}

/** Names of what is gone, by the content of their runs. */
function byContent(
  { known }: Planning,
  gone: readonly InvocationRecord[],
): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>();
  for (const record of gone) {
    const content = known.runs.get(record.run)?.digestWithoutName;
    if (content === undefined) continue;
    const same = names.get(content);
    if (same === undefined) names.set(content, [record.name]);
    else same.push(record.name);
  }
  return names;
}

function declaredOrigin({ catalog, known }: Planning, { invocation }: Wanted): InvocationRecord | undefined {
  const name = invocation.annotations[renamedFrom];
  if (name === undefined || catalog.invocations.has(name)) return undefined;
  return known.invocations.get(name);
}

/**
 * The run under the new name stands for the old one, with its end: nothing executes, also not on a later revert.
 * Until the old one has ended, both stay as they are.
 */
function rename({ catalog, known, plan }: Planning, wanted: Wanted, from: InvocationRecord): boolean {
  const before = known.runs.get(from.run);
  const held = (reason: string, message: string): false => {
    addNote(plan, wanted.invocation.name, { type: 'Held', reason, message });
    noteOrigin(plan, from.name);
    return false;
  };
  if (before === undefined || before.digestWithoutName !== wanted.digestWithoutName) {
    const message = `It says that it was ${from.name}, and says something else too. Rename in one commit and change in the next.`;
    return held('RenameChangesContent', message);
  }
  if (before.settled === undefined && !known.endedRuns.has(before.id)) {
    return held('RenameWhileRunning', `It takes over when ${from.name} has ended.`);
  }
  const { place } = wanted.invocation;
  plan.steps.push({
    do: 'rename',
    from,
    record: { ...recordOf(wanted, undefined), targetsDigest: from.targetsDigest },
    run: {
      ...before,
      id: wanted.id,
      digest: wanted.digest,
      invocation: wanted.invocation.name,
      source: { commit: catalog.commit, path: place.file, line: place.line },
    },
  });
  return true;
}

function holdId({ invocation, digestWithoutName }: Wanted): string {
  return `rename:${invocation.name}:${digestWithoutName.slice(0, 12)}`;
}

/** Somebody said that it shall run as new. */
function isNoRename({ known }: Planning, wanted: Wanted): boolean {
  return known.acknowledged(holdId(wanted));
}

function hold({ plan }: Planning, wanted: Wanted, twins: readonly string[]): void {
  const { name } = wanted.invocation;
  const gone = [...twins].sort();
  const message = `${gone.join(', ')} ${gone.length > 1 ? 'are' : 'is'} gone and ${name} is new with the same content. If it is a rename, annotate ${name} with ${renamedFrom}: ${gone[0]}; if ${name} shall run as new, acknowledge.`;
  plan.holds.push({ id: holdId(wanted), reason: 'PossibleRename', message, invocation: name });
  addNote(plan, name, { type: 'Held', reason: 'PossibleRename', message });
  for (const each of gone) noteOrigin(plan, each);
}

/** Once, however many names claim it. */
function noteOrigin(plan: Plan, name: string): void {
  if (!plan.notes.has(name)) addNote(plan, name, heldOrigin);
}

const heldOrigin: Note = {
  type: 'Held',
  reason: 'PossibleRename',
  message:
    'Its manifest is gone, and a new one has the same content: nothing is deleted until it is known whether that is a rename.',
};
