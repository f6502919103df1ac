// Everything that is looked at before a script starts, and all of a dry run. What this instance cannot run is
// refused here, before anything is written or started.
//
// It does not wait: the intent of an ordinary start is synced together with the order (poll/obey.ts).
import { posix, win32 } from 'node:path';
import type { RunOrder } from '../../schemas/generated/wire.ts';
import type { Account } from '../host/account.ts';
import { findProgram } from '../host/find-program.ts';
import { isDirectory } from '../host/hostile-file.ts';
import type { Launch, Platform, Refusal } from '../launch/launch.ts';
import { planLaunch } from '../launch/plan.ts';
import type { TaskFolder } from './task-folder.ts';

/** Of the machine, as scripts see it. */
export interface Surroundings {
  path: string;
  /** Whom the agent runs as. */
  account: Account;
  platform: Platform;
}

/** All that the start of a script needs. */
export interface Checked {
  program: string;
  args: Launch['args'];
  content: Launch['content'];
  directory: string;
  environment: Record<string, string>;
  /** Only where it is to run as another user than the agent. */
  as?: {
    /** What comes before the command line. */
    before: string[];
    /** Lets that user have the script. */
    give: (folder: TaskFolder) => void;
  };
}

export function check(
  order: RunOrder,
  script: string,
  account: Account,
  { path, platform }: Pick<Surroundings, 'path' | 'platform'>,
): Checked | Refusal {
  const launch = planLaunch(order, script, platform);
  if ('refused' in launch) return launch;
  const program = launch.programs.map((name) => findProgram(name, path)).find((found) => found !== undefined);
  if (program === undefined)
    return { refused: 'CommandNotApplicable', message: `${launch.missing} PATH is ${path}.` };
  const directory = directoryOf(order, account, platform);
  if (typeof directory !== 'string') return directory;
  const environment = environmentOf(order, account, path);
  return (
    unfit(environment) ?? { program, args: launch.args, content: launch.content, directory, environment }
  );
}

function directoryOf({ workingDir }: RunOrder, { name, home }: Account, { os }: Platform): string | Refusal {
  const { isAbsolute } = os === 'windows' ? win32 : posix;
  if (workingDir === undefined) {
    if (isAbsolute(home) && isDirectory(home)) return home;
    const message = `It has no working directory, and the home of ${name} (${home}) is not a directory.`;
    return { refused: 'DefaultWorkingDirectoryNotAvailable', message };
  }
  if (isAbsolute(workingDir) && isDirectory(workingDir)) return workingDir;
  const why = isAbsolute(workingDir) ? 'not a directory on this instance' : 'not an absolute path';
  return { refused: 'DirectoryNotExists', message: `The working directory ${workingDir} is ${why}.` };
}

/** Built from nothing: a variable of the agent never reaches a script. */
function environmentOf(
  { environment, invocation, execution }: RunOrder,
  { name, home }: Account,
  path: string,
): Record<string, string> {
  return {
    PATH: path,
    HOME: home,
    USER: name,
    LOGNAME: name,
    LANG: 'C.UTF-8',
    ...environment,
    GROUNDCREW_INVOCATION: invocation,
    GROUNDCREW_EXECUTION: execution,
  };
}

/** Bytes of `NAME=value`, with its end, that Linux takes. */
const longestVariable = 128 * 1024;

function unfit(environment: Record<string, string>): Refusal | undefined {
  for (const [name, value] of Object.entries(environment)) {
    const refuse = (why: string): Refusal => ({
      refused: 'InvalidCommandText',
      message: `The variable ${name.slice(0, 100)} cannot be given to a process: ${why}.`,
    });
    if (!/^[^=\0]+$/.test(name) || value.includes('\0'))
      return refuse('it has a character that none can have');
    if (Buffer.byteLength(name) + Buffer.byteLength(value) + 2 > longestVariable)
      return refuse('it is longer than 128 KiB');
  }
  return undefined;
}
