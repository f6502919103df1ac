// Where a file will be, as it is before anything is written.
import { lstatSync } from 'node:fs';
import type { SentFile } from '../../schemas/generated/wire.ts';
import type { Refusal } from '../launch/launch.ts';
import { type OpenFolder, openFolder } from './open-folder.ts';

/** What of the order no instance can do, whatever the manifest's checks were. */
export function unfit({ name, targetDir }: SentFile): Refusal | undefined {
  const isName = name !== '' && name !== '.' && name !== '..' && !/[/\0]/.test(name);
  if (!isName) return { refused: 'FileNameInvalid', message: `No file can have the name ${name}.` };
  const isPath =
    targetDir.startsWith('/') && !targetDir.includes('\0') && !targetDir.split('/').includes('..');
  return isPath
    ? undefined
    : { refused: 'FilePathInvalid', message: `${targetDir} is not an absolute path without ..` };
}

/** The folder, if the file may be put into it; `missing` if it is not there and was not to be made. */
export function targetFolder(file: SentFile, make: boolean): OpenFolder | Refusal | 'missing' {
  const folder = openFolder(file.targetDir, make);
  if (folder === 'missing' || 'refused' in folder) return folder;
  const refused = occupied(folder, file);
  if (refused === undefined) return folder;
  folder.close();
  return refused;
}

/** Why the name is not free, if it is not. A link is what it is: nothing is looked at through it. */
export function occupied(folder: OpenFolder, { name, overwrite, targetDir }: SentFile): Refusal | undefined {
  const there = lstatSync(`${folder.path}/${name}`, { throwIfNoEntry: false });
  if (there === undefined) return undefined;
  if (there.isDirectory())
    return { refused: 'FilePathInvalid', message: `${targetDir}/${name} is a folder.` };
  if (overwrite) return undefined;
  const message = `${targetDir}/${name} is there, and overwrite is false.`;
  return { refused: 'FileAlreadyExists', message };
}
