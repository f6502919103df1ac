import type { End, SentFile } from '../../schemas/generated/wire.ts';
import { messageOf } from '../fault.ts';
import { invalid } from '../run/ends.ts';
import { notCreated, placed } from './ends.ts';
import type { OpenFolder } from './open-folder.ts';
import { putInPlace } from './put-in-place.ts';
import { remove } from './temporary.ts';

export interface PlaceNeeds {
  at: () => string;
  finish: (end: End) => Promise<void>;
}

/** Puts the file that waits under its temporary name in its place, and writes down how that ended. */
export async function place(
  folder: OpenFolder,
  temporary: string,
  inode: string,
  file: SentFile,
  startedAt: string,
  { at, finish }: PlaceNeeds,
): Promise<void> {
  const end = tryToPlace();
  await finish(end);
  // Only then: where it is gone without an end, it is in its place (settle.ts).
  if (end.phase !== 'Success') remove(`${folder.path}/${temporary}`);

  function tryToPlace(): End {
    try {
      const refused = putInPlace(folder, temporary, inode, file);
      const times = { at: at(), startedAt };
      return refused === undefined ? placed(times) : { ...invalid(refused, at()), startedAt };
    } catch (error) {
      return notCreated(messageOf(error), { at: at(), startedAt });
    }
  }
}
