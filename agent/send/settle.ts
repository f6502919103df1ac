// What an agent that comes back does about a file that was to be put in its place. The folder says how far it came:
//
//   the new file waits there                it has not got its name: it is put in its place now
//   it waits there and has its name too     between the link and the removal of the other name: that is removed
//   it is not there                         it was in its place. Whatever is there now: somebody may have changed it
//
// In the boot that it was written in, its inode tells which file it is. A boot empties folders (/run, /tmp) and gives
// devices other numbers: then its content tells it, and where neither name has it, nobody can say.
import type { SentFile } from '../../schemas/generated/wire.ts';
import type { Entry } from '../journal/memory.ts';
import type { Surroundings } from '../run/check.ts';
import { unknown } from '../run/ends.ts';
import { placed } from './ends.ts';
import { findByContent } from './find-by-content.ts';
import { type OpenFolder, openFolder } from './open-folder.ts';
import { ownershipOf } from './ownership.ts';
import { type PlaceNeeds, place } from './place.ts';
import { inodeOf, remove, temporaryName } from './temporary.ts';

type Placing = Extract<Entry, { is: 'placing' }>;

export interface SettleNeeds extends PlaceNeeds {
  surroundings: Surroundings;
  /** Of the machine as it runs now. */
  bootId: string;
}

export async function settle(execution: string, entry: Placing, needs: SettleNeeds): Promise<void> {
  const { at, bootId, finish } = needs;
  const { file } = entry.order;
  const { at: startedAt, bootId: writtenIn, inode } = entry.placing;
  const folder = reach(file.targetDir);
  const nobodyKnows = (message: string): Promise<void> =>
    finish(unknown('ExecutionInterrupted', message, { at: at(), startedAt, outputBytes: 0 }));
  if (folder === undefined)
    return await nobodyKnows(
      'Its folder cannot be reached: nobody can say whether the file is in its place.',
    );
  try {
    const temporary = temporaryName(execution);
    const path = `${folder.path}/${temporary}`;
    const found =
      writtenIn === bootId
        ? findByInode(folder, path, file, inode)
        : await findAfterBoot(folder, path, file, needs);
    if (found.is === 'waiting') return await place(folder, temporary, found.inode, file, startedAt, needs);
    if (found.isLeft) remove(path);
    if (found.is === 'placed') return await finish(placed({ at: at(), startedAt }));
    await nobodyKnows(
      'The machine was started anew while the file got its name, and it is not there: nobody can say whether it was.',
    );
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

/** How far it came; `isLeft` says that the temporary name is still to be removed. */
type Found = { is: 'waiting'; inode: string } | { is: 'placed' | 'lost'; isLeft: boolean };

function findByInode(folder: OpenFolder, temporary: string, { name }: SentFile, inode: string): Found {
  const waits = inodeOf(temporary) === inode;
  const hasName = inodeOf(`${folder.path}/${name}`) === inode;
  return waits && !hasName ? { is: 'waiting', inode } : { is: 'placed', isLeft: waits };
}

async function findAfterBoot(
  folder: OpenFolder,
  temporary: string,
  file: SentFile,
  { surroundings }: SettleNeeds,
): Promise<Found> {
  const owner = await ownershipOf(file, surroundings.account, surroundings.path);
  const waiting = await findByContent(temporary, file.blob);
  const there = await findByContent(`${folder.path}/${file.name}`, file.blob);
  // A name that everybody can work out, in a folder that others may write in: theirs does not become the file.
  const isOurs = waiting !== undefined && !('refused' in owner) && waiting.uid === owner.uid;
  if (isOurs && waiting.inode !== there?.inode) return { is: 'waiting', inode: waiting.inode };
  return { is: there === undefined ? 'lost' : 'placed', isLeft: true };
}
