import { sha256 } from '../../schemas/digest.ts';
import type { InvocationRecord } from '../run/run.ts';
import { frozen } from './frozen.ts';
import { addNote } from './note.ts';
import type { Planning } from './planning.ts';

/** Invocations in force whose manifests are gone, but for those that a rename accounts for. */
export function planDeletions(
  { catalog, guard, known, now, plan }: Planning,
  missing: readonly InvocationRecord[],
  renamed: ReadonlySet<string>,
): void {
  const gone: InvocationRecord[] = [];
  for (const record of missing) {
    if (renamed.has(record.name)) continue;
    if (frozen(record.path, catalog)) {
      const message =
        'Its manifest is not found, but not every file can be read: nothing is deleted until all can.';
      addNote(plan, record.name, { type: 'Held', reason: 'SnapshotUnreadable', message });
    } else gone.push(record);
  }
  if (gone.length === 0) return;
  const hold = `deletions:${sha256(
    gone
      .map(({ name }) => name)
      .sort()
      .join('\n'),
  ).slice(0, 12)}`;
  const many = gone.length > guard.maxDeletions;
  if (many && !known.acknowledged(hold)) {
    const message = `Commit ${catalog.commit.slice(0, 12)} deletes ${gone.length} Invocations; more than ${guard.maxDeletions} are held.`;
    plan.holds.push({ id: hold, reason: 'ManyDeletions', message });
    for (const { name } of gone) addNote(plan, name, { type: 'Held', reason: 'ManyDeletions', message });
    return;
  }
  if (many) plan.released.push(hold);
  for (const record of gone) {
    const deleted = { ...record, deleted: { commit: catalog.commit, at: now } };
    plan.steps.push({ do: 'delete', record: deleted, kill: record.deletionPolicy === 'Stop' });
  }
}
