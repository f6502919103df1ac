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
import { refuseUser } from '../windows/user.ts';
import { type Checked, check, type Surroundings } from './check.ts';
import type { TaskFolder } from './task-folder.ts';

export async function checkAs(
  username: string,
  order: RunOrder,
  script: string,
  { tasks, surroundings }: { tasks: string; surroundings: Surroundings },
): Promise<Checked | Refusal> {
  const { path, account: own, platform } = surroundings;
  if (platform.os === 'windows') return refuseUser(username);
  const account = await findAccount(username, path);
  if (account === undefined)
    return { refused: 'AccountNotExists', message: `There is no user ${username} on this instance.` };
  if (account.uid !== own.uid && own.uid !== 0)
    return {
      refused: 'AccountNotExists',
      message: `The agent runs as ${own.name}, and only as root it can run a script as ${username}.`,
    };
  const checked = check(order, script, account, surroundings);
  if ('refused' in checked || account.uid === own.uid) return checked;
  const setpriv = findProgram('setpriv', path);
  if (setpriv === undefined)
    return {
      refused: 'CommandNotApplicable',
      message: `To run a script as ${username} setpriv (util-linux) is needed, and it is not in ${path}.`,
    };
  const switches = [`--reuid=${account.uid}`, `--regid=${account.gid}`, '--init-groups'];
  const { code, stderr } = await runProgram(setpriv, [...switches, ...probe(checked, tasks)], path);
  if (code !== 0) return refusedBy(code, stderr, account, checked, order, tasks);
  const as = { before: [setpriv, ...switches], give: (folder: TaskFolder) => giveScript(folder, account) };
  return { ...checked, as };
}

/** A command line that tries, as that user, what the script will need. */
function probe({ directory, program }: Checked, tasks: string): string[] {
  openPassage(tasks);
  const tries = 'cd "$1" || exit 3; test -x "$2" || exit 4; test -x "$3" || exit 5';
  return ['/bin/sh', '-c', tries, 'groundcrew', directory, tasks, program];
}

function refusedBy(
  code: number | undefined,
  stderr: string,
  { name }: Account,
  { directory, program }: Checked,
  { workingDir }: RunOrder,
  tasks: string,
): Refusal {
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
function giveScript({ path, script }: TaskFolder, { uid, gid }: Account): void {
  chownSync(script, uid, gid);
  chownSync(path, 0, gid);
  chmodSync(path, 0o710);
}

/** From the first such script on. Files in there are closed each for itself, and nothing can be listed. */
function openPassage(tasks: string): void {
  for (const folder of [dirname(tasks), tasks]) chmodSync(folder, 0o711);
}
