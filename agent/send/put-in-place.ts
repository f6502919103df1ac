import { linkSync, renameSync, unlinkSync } from 'node:fs';
import type { SentFile } from '../../schemas/generated/wire.ts';
import { systemCode } from '../fault.ts';
import type { Refusal } from '../launch/launch.ts';
import type { OpenFolder } from './open-folder.ts';
import { occupied } from './target.ts';
import { inodeOf } from './temporary.ts';

/**
 * Gives the file its name, in one step, and makes that survive a power cut. A refusal if the name is taken meanwhile.
 * Throws what the file system throws.
 */
export function putInPlace(
  folder: OpenFolder,
  temporary: string,
  inode: string,
  file: SentFile,
): Refusal | undefined {
  const from = `${folder.path}/${temporary}`;
  const to = `${folder.path}/${file.name}`;
  if (inodeOf(from) !== inode) throw new Error('somebody has put another file in the place of the new one');
  const refused = occupied(folder, file);
  if (refused !== undefined) return refused;
  if (file.overwrite) renameSync(from, to);
  else {
    try {
      // A link is never made over anything, so that nobody's file is lost who is quicker.
      linkSync(from, to);
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
      return { refused: 'FileAlreadyExists', message: `${file.targetDir}/${file.name} was made meanwhile.` };
    }
    unlinkSync(from);
  }
  folder.sync();
  return undefined;
}
