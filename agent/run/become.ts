// A script for another user. Loaded only when an order names one.
//
// 1. Only root can; the switch is made by setpriv (util-linux), which is the wrapper's child and becomes the script.
//    The wrapper stays root's, and so does all that proves what happened: the user can pass through the task folder
//    to the script's file and do nothing else there.
// 2. What can go wrong is tried first, as that user: entering the directory, reaching the tasks, running the program.
import { chmodSync, chownSync } from 'node:fs';
import { dirname } from 'node:path';
import type { RunOrder } from '../../schemas/generated/wire.ts';
import type { Account } from '../host/account.ts';
import { findAccount } from '../host/find-account.ts';
import { findProgram } from '../host/find-program.ts';
import { runProgram } from '../host/run-program.ts';
import type { Refusal } from '../launch/launch.ts';
import type { Checked } from './check.ts';
import type { TaskFolder } from './task-folder.ts';

/** The user of this name, and what comes before a command line to run it as that user. */
export interface Becoming {
  account: Account;
  /** Nothing where the agent runs as that user already. */
  before: string[];
}

export async function become(username: string, own: Account, path: string): Promise<Becoming | Refusal> {
  const account = await findAccount(username, path);
  if (account === undefined)
    return { refused: 'AccountNotExists', message: `There is no user ${username} on this instance.` };
  if (account.uid === own.uid) return { account, before: [] };
  if (own.uid !== 0)
    return {
      refused: 'AccountNotExists',
      message: `The agent runs as ${own.name}, and only as root it can run a script as ${username}.`,
    };
  const setpriv = findProgram('setpriv', path);
  if (setpriv === undefined)
    return {
      refused: 'CommandNotApplicable',
      message: `To run a script as ${username} setpriv (util-linux) is needed, and it is not in ${path}.`,
    };
  return { account, before: [setpriv, `--reuid=${account.uid}`, `--regid=${account.gid}`, '--init-groups'] };
}

const probe = 'cd "$1" || exit 3; test -x "$2" || exit 4; test -x "$3" || exit 5';

/** Undefined if that user can get at everything that it needs. */
export async function refuseUnreachable(
  { account, before: [setpriv = '', ...switches] }: Becoming,
  { directory, program }: Checked,
  { workingDir }: RunOrder,
  { tasks, path }: { tasks: string; path: string },
): Promise<Refusal | undefined> {
  if (setpriv === '') return undefined;
  openPassage(tasks);
  const asThem = ['/bin/sh', '-c', probe, 'groundcrew', directory, tasks, program];
  const { code, stderr } = await runProgram(setpriv, [...switches, ...asThem], path);
  const { name } = account;
  if (code === 0) return undefined;
  if (code === 3) {
    const refused = workingDir === undefined ? 'DefaultWorkingDirectoryNotAvailable' : 'DirectoryNotExists';
    return { refused, message: `The user ${name} may not enter the working directory ${directory}.` };
  }
  const reasons = new Map([
    [4, `The user ${name} may not pass through to ${tasks}, where scripts are: a folder above is closed.`],
    [5, `The user ${name} may not run ${program}.`],
  ]);
  const message = reasons.get(code ?? -1) ?? `The agent cannot become ${name}: ${stderr.trim()}`;
  return { refused: 'CommandNotApplicable', message };
}

/** Lets that user, and its group, pass through to the script, and lets that user alone read it. */
export function giveScript({ path, script }: TaskFolder, { uid, gid }: Account): void {
  chownSync(script, uid, gid);
  chownSync(path, 0, gid);
  chmodSync(path, 0o710);
}

/** From the first such script on. Files in there are closed each for itself, and nothing can be listed. */
function openPassage(tasks: string): void {
  for (const folder of [dirname(tasks), tasks]) chmodSync(folder, 0o711);
}
