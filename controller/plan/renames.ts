import type { Desired, Wanted } from '../desired/desired.ts';
import type { InvocationRecord } from '../run/run.ts';
import { recordOf } from './invocation.ts';
import { addNote } from './note.ts';
import type { Planning } from './planning.ts';
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
 */
export function planRenames(
  planning: Planning,
  desired: Desired,
  gone: readonly InvocationRecord[],
): Renames {
  const added = new Set<string>();
  const removed = new Set<string>();
  const goneByContent = byContent(planning, gone);
  for (const candidate of suspectsOf(desired, planning.known)) {
    const { name } = candidate.invocation;
    if (planning.known.invocations.has(name)) continue;
    const from = declaredOrigin(planning, candidate);
    if (from !== undefined && !planning.known.runs.has(candidate.id)) {
      rename(planning, candidate, from);
      added.add(name);
      removed.add(from.name);
    } else if (goneByContent.size > 0) {
      const twin = goneByContent.get(candidate.digestWithoutName);
      if (twin === undefined || removed.has(twin.name) || isNoRename(planning, name, twin)) continue;
      hold(planning, name, twin);
      added.add(name);
      removed.add(twin.name);
    }
  }
  return { added, removed };
}

function byContent(
  { known }: Planning,
  gone: readonly InvocationRecord[],
): ReadonlyMap<string, InvocationRecord> {
  const records = new Map<string, InvocationRecord>();
  for (const record of gone) {
    const run = known.runs.get(record.run);
    if (run !== undefined) records.set(run.digestWithoutName, record);
  }
  return records;
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
function rename({ catalog, known, now, plan }: Planning, wanted: Wanted, from: InvocationRecord): void {
  const before = known.runs.get(from.run);
  const note = (reason: string, message: string): void => {
    for (const each of [wanted.invocation.name, from.name])
      addNote(plan, each, { type: 'Held', reason, message });
  };
  if (before === undefined || before.digestWithoutName !== wanted.digestWithoutName) {
    const message = `It says that it was ${from.name}, and says something else too. Rename in one commit and change in the next.`;
    return note('RenameChangesContent', message);
  }
  if (before.settled === undefined) {
    return note('RenameWhileRunning', `It takes over when ${from.name} has ended.`);
  }
  const { place } = wanted.invocation;
  plan.steps.push({
    do: 'rename',
    from,
    record: { ...recordOf(wanted, undefined), alreadyExecuted: { commit: catalog.commit, at: now } },
    run: {
      ...before,
      id: wanted.id,
      digest: wanted.digest,
      invocation: wanted.invocation.name,
      acceptedAt: now,
      source: { commit: catalog.commit, path: place.file, line: place.line },
    },
  });
}

function holdId(name: string, from: InvocationRecord): string {
  return `rename:${from.name}:${name}`;
}

function isNoRename({ known }: Planning, name: string, from: InvocationRecord): boolean {
  return known.acknowledged(holdId(name, from));
}

function hold({ plan }: Planning, name: string, from: InvocationRecord): void {
  const message = `${from.name} is gone and ${name} is new with the same content. If it is a rename, annotate ${name} with ${renamedFrom}: ${from.name}; if ${name} shall run as new, acknowledge.`;
  plan.holds.push({ id: holdId(name, from), reason: 'PossibleRename', message, invocation: name });
  for (const each of [name, from.name]) {
    addNote(plan, each, { type: 'Held', reason: 'PossibleRename', message });
  }
}
