// What an agent that comes back does about a file that was to be put in its place. The folder says how far it came:
//
//   the new file waits there                it has not got its name: it is put in its place now
//   it waits there and has its name too     between the link and the removal of the other name: that is removed
//   it is not there                         it was in its place. Whatever is there now: somebody may have changed it
//
// Where the folder cannot be reached any more, nobody can say.
import type { Entry } from '../journal/memory.ts';
import { unknown } from '../run/ends.ts';
import { placed } from './ends.ts';
import { type OpenFolder, openFolder } from './open-folder.ts';
import { type PlaceNeeds, place } from './place.ts';
import { inodeOf, remove, temporaryName } from './temporary.ts';

type Placing = Extract<Entry, { is: 'placing' }>;

export async function settle(execution: string, entry: Placing, needs: PlaceNeeds): Promise<void> {
  const { at, finish } = needs;
  const { file } = entry.order;
  const { at: startedAt, inode } = entry.placing;
  const folder = reach(file.targetDir);
  if (folder === undefined) {
    const message = 'Its folder cannot be reached: nobody can say whether the file is in its place.';
    const times = { at: at(), startedAt, outputBytes: 0 };
    return await finish(unknown('ExecutionInterrupted', message, times));
  }
  try {
    const temporary = temporaryName(execution);
    const path = `${folder.path}/${temporary}`;
    const waits = inodeOf(path) === inode;
    const hasName = inodeOf(`${folder.path}/${file.name}`) === inode;
    if (waits && !hasName) return await place(folder, temporary, inode, file, startedAt, needs);
    if (waits) remove(path);
    await finish(placed({ at: at(), startedAt }));
  } finally {
    folder.close();
  }
}

function reach(targetDir: string): OpenFolder | undefined {
  try {
    const folder = openFolder(targetDir, false);
    return folder === 'missing' || 'refused' in folder ? undefined : folder;
  } catch {
    return undefined;
  }
}
