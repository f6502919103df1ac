// Whose a file will be, and with which mode: found out before anything is written.
import type { SentFile } from '../../schemas/generated/wire.ts';
import type { Account } from '../host/account.ts';
import { findAccount } from '../host/find-account.ts';
import { findGroup } from '../host/find-group.ts';
import type { Refusal } from '../launch/launch.ts';

export interface Ownership {
  uid: number;
  gid: number;
  mode: number;
}

/** What is not given is the agent's own. `path` is where programs are found. */
export async function ownershipOf(
  { group, mode, owner }: SentFile,
  own: Account,
  path: string,
): Promise<Ownership | Refusal> {
  if (!/^[0-7]{3,4}$/.test(mode))
    return { refused: 'FileAuthorityInvalid', message: `The mode ${mode} is not an octal mode.` };
  const account = owner === undefined ? own : await findAccount(owner, path);
  if (account === undefined)
    return { refused: 'AccountNotExists', message: `There is no user ${owner} on this instance.` };
  const gid = group === undefined ? own.gid : await findGroup(group, path);
  if (gid === undefined)
    return { refused: 'UserGroupNotExists', message: `There is no group ${group} on this instance.` };
  return mayGive(account.uid, gid, own) ?? { uid: account.uid, gid, mode: Number.parseInt(mode, 8) };
}

/** Only root may give files away; anybody may choose among the groups that he is in. */
function mayGive(uid: number, gid: number, own: Account): Refusal | undefined {
  if (own.uid === 0) return undefined;
  const isMember = gid === own.gid || process.getgroups?.().includes(gid) === true;
  if (uid === own.uid && isMember) return undefined;
  const message = `The agent runs as ${own.name}, and cannot give a file to this owner and group.`;
  return { refused: 'FileAuthorityInvalid', message };
}
