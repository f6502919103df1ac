// Looks up a user. Loaded only when a script is to run as one.
import { readFileSync } from 'node:fs';
import type { Account } from './account.ts';
import { findProgram } from './find-program.ts';
import { runProgram } from './run-program.ts';

/**
 * Undefined if there is no user of this name. `getent` knows every user that the machine knows, those of a directory
 * service too; where it is missing, the file is read.
 */
export async function findAccount(
  name: string,
  path: string,
  passwd = '/etc/passwd',
): Promise<Account | undefined> {
  // No user has such a name, and a program could read it as an option.
  if (!/^[^-:\s\0][^:\s\0]*$/.test(name)) return undefined;
  const getent = findProgram('getent', path);
  const lines =
    getent === undefined
      ? readFileSync(passwd, 'utf8')
      : (await runProgram(getent, ['passwd', name], path)).stdout;
  return lines
    .split('\n')
    .map(readLine)
    .find((account) => account?.name === name);
}

/** `name:password:uid:gid:comment:home:shell`. getent answers a number too, so the name is compared by the caller. */
function readLine(line: string): Account | undefined {
  const [name, , uid, gid, , home] = line.split(':');
  if (name === undefined || home === undefined || !isId(uid) || !isId(gid)) return undefined;
  return { name, uid: Number(uid), gid: Number(gid), home };
}

function isId(text: string | undefined): boolean {
  return text !== undefined && /^\d{1,10}$/.test(text);
}
