import { userInfo } from 'node:os';

/** A user of this machine. */
export interface Account {
  name: string;
  uid: number;
  gid: number;
  home: string;
}

/** The user that the agent runs as; in a container it may have a number and nothing else. */
export function ownAccount(): Account {
  try {
    const { username, uid, gid, homedir } = userInfo();
    return { name: username, uid, gid, home: homedir };
  } catch {
    const uid = process.getuid?.() ?? -1;
    return { name: String(uid), uid, gid: process.getgid?.() ?? -1, home: '' };
  }
}
