// Looks up a user. Loaded only when a script is to run as one.
import type { Account } from './account.ts';
import { entriesFor, isId } from './name-service.ts';

/** Undefined if there is no user of this name. */
export async function findAccount(
  name: string,
  path: string,
  passwd = '/etc/passwd',
): Promise<Account | undefined> {
  const [account] = (await entriesFor('passwd', name, path, passwd)).flatMap((entry) => read(entry) ?? []);
  // A directory service may know a user by more names than the one that it answers, but none is a number.
  return /^\d+$/.test(name) && account?.name !== name ? undefined : account;
}

/** `name:password:uid:gid:comment:home:shell` */
function read([name, , uid, gid, , home]: string[]): Account | undefined {
  if (name === undefined || home === undefined || !isId(uid) || !isId(gid)) return undefined;
  return { name, uid: Number(uid), gid: Number(gid), home };
}
