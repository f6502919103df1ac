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
  if (getent === undefined) return accountsIn(textOf(passwd)).find((account) => account.name === name);
  const [account] = accountsIn((await runProgram(getent, ['passwd', name], path)).stdout);
  // It takes a number for an id, and a directory service may know a user by more names than the one that it answers.
  return /^\d+$/.test(name) && account?.name !== name ? undefined : account;
}

function accountsIn(text: string): Account[] {
  return text.split('\n').flatMap((line) => readLine(line) ?? []);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** `name:password:uid:gid:comment:home:shell` */
function readLine(line: string): Account | undefined {
  const [name, , uid, gid, , home] = line.split(':');
  if (name === undefined || home === undefined || !isId(uid) || !isId(gid)) return undefined;
  return { name, uid: Number(uid), gid: Number(gid), home };
}

function isId(text: string | undefined): boolean {
  return text !== undefined && /^\d{1,10}$/.test(text);
}
