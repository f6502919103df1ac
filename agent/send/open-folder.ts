// The folder that a file goes into, reached in a way that nobody else on the machine can turn elsewhere.
//
// 1. From the root on each part of the path is opened by itself, without following a link. What is opened stays the
//    same folder whatever is renamed meanwhile: everything is done through /proc/self/fd.
// 2. A symbolic link is followed, part by part too, only if nobody but root or the agent's user could have made it:
//    it and the folder that it is in belong to them, and nobody else may write in that folder.
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  type Stats,
} from 'node:fs';
import { systemCode } from '../fault.ts';
import type { Refusal } from '../launch/launch.ts';

export interface OpenFolder {
  /** Of the open folder, whatever it is called by now. */
  path: string;
  stats(): Stats;
  /** Makes new names in it survive a power cut. */
  sync(): void;
  close(): void;
}

/** Only for reaching what is in it: the agent need not be allowed to read it. Not among Node's constants. */
const O_PATH = 0o10000000;

const mostLinks = 40;

/** Makes what is missing, or answers `missing`. Throws what the file system throws. */
export function openFolder(targetDir: string, make: boolean): OpenFolder | Refusal | 'missing' {
  const rest = partsOf(targetDir);
  let links = 0;
  let here = opened('/');
  const enter = (path: string): void => {
    const next = opened(path);
    here.close();
    here = next;
  };
  try {
    for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
      const path = `${here.path}/${name}`;
      const stats = lstatSync(path, { throwIfNoEntry: false });
      if (stats === undefined) {
        if (!make) return left(here, 'missing');
        if (makeFolder(path)) here.sync();
        // What it is now is looked at like anything else: somebody may have been quicker.
        rest.unshift(name);
      } else if (stats.isSymbolicLink()) {
        links += 1;
        if (links > mostLinks || !isOurs(stats) || !isOursAlone(here))
          return left(here, refuse(`${name} in ${targetDir} is a link that somebody else may have made`));
        const target = readlinkSync(path);
        rest.unshift(...partsOf(target));
        if (target.startsWith('/')) enter('/');
      } else if (stats.isDirectory()) enter(path);
      else return left(here, refuse(`${name} in ${targetDir} is no folder`));
    }
    return here;
  } catch (error) {
    here.close();
    // It became another thing between the look and the opening, or went away.
    if (['ELOOP', 'ENOTDIR', 'ENOENT'].includes(systemCode(error) ?? ''))
      return refuse(`a part of ${targetDir} is changed while it is looked at`);
    throw error;
  }
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

function opened(path: string): OpenFolder {
  const file = openSync(path, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  const own = `/proc/self/fd/${file}`;
  return {
    path: own,
    stats: () => fstatSync(file),
    sync() {
      // What is opened for its path alone cannot be synced.
      const folder = openSync(`${own}/.`, constants.O_RDONLY | constants.O_DIRECTORY);
      try {
        fsyncSync(folder);
      } finally {
        closeSync(folder);
      }
    },
    close: () => closeSync(file),
  };
}

/** With mode 0755, whatever the agent's own files get; false if there is something by now. */
function makeFolder(path: string): boolean {
  const usual = process.umask(0o022);
  try {
    mkdirSync(path, { mode: 0o755 });
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    process.umask(usual);
  }
}

function isOurs({ uid }: { uid: number }): boolean {
  return uid === 0 || uid === process.geteuid?.();
}

function isOursAlone(folder: OpenFolder): boolean {
  const { mode, uid } = folder.stats();
  return isOurs({ uid }) && (mode & 0o022) === 0;
}

function left<T>(folder: OpenFolder, answer: T): T {
  folder.close();
  return answer;
}

function refuse(why: string): Refusal {
  return { refused: 'FilePathInvalid', message: `The file cannot be put there: ${why}.` };
}
