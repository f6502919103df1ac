import type { Address } from './address.ts';
import { RemoteStopped } from './ask-remote.ts';
import { Refused } from './refused.ts';

/** Why a remote could not be used, told by what somebody has to do about it. `message` has no secret in it. */
export interface RemoteFailure {
  is: 'refused' | 'not found' | 'untrusted' | 'busy' | 'unreachable' | 'damaged';
  message: string;
  hint: string;
}

interface Rule {
  is: RemoteFailure['is'];
  when: RegExp;
  hint: string;
}

/** By what git prints with LANG=C. The first that fits decides. */
const rules: readonly Rule[] = [
  {
    is: 'untrusted',
    when: /detected dubious ownership/i,
    hint: 'The repository belongs to another user, whose hooks would run as the user of the controller. If you trust its owner, tell git so as the user of the controller: git config --global --add safe.directory FOLDER. Or reach the repository by https or ssh.',
  },
  {
    is: 'untrusted',
    when: /host key verification failed|remote host identification has changed|no .* host key is known/i,
    hint: 'The host showed a key that is not in the file of --ssh-known-hosts. Compare it with what the host publishes before you add it.',
  },
  {
    is: 'untrusted',
    when: /ssl certificate|certificate verif|server certificate|unable to get local issuer/i,
    hint: 'The server’s certificate is not trusted. Give the authority that signed it with --git-ca-file FILE.',
  },
  {
    is: 'busy',
    when: /returned error: (429|503)/i,
    hint: 'The server asks for fewer requests. It is asked again later; a longer --interval helps.',
  },
  {
    is: 'refused',
    when: /authentication failed|could not read (username|password)|returned error: 40[13]|permission denied \(|invalid username or|access denied|terminal prompts disabled/i,
    hint: 'Check that the token or key is valid, not expired, and may use this repository: --read-token-file, --ssh-key-file; for the status branch --write-token-file, --write-ssh-key-file.',
  },
  {
    is: 'not found',
    when: /repository .*not found|returned error: 404|does not appear to be a git repository|no such file or directory/i,
    hint: 'Check the address. Many hosts also answer like this when the credentials may not see the repository.',
  },
  {
    is: 'damaged',
    when: /fsck error|index-pack failed|unpack-objects failed|did not send all necessary objects|loose object .* is corrupt|bad object/i,
    hint: 'What was received does not pass git fsck. If the repository itself is sound, delete source.git in the data folder: it is made anew.',
  },
  {
    is: 'unreachable',
    when: /could not resolve host|name or service not known/i,
    hint: 'Check the host name and the name service of this machine.',
  },
];

/** Reads git's complaint. The text must have been redacted before. */
export function readFailure(stderr: string, address: Address): RemoteFailure {
  // Without a prompt, git puts a refusal like this.
  const asked = /could not read (username|password)/i.test(stderr);
  const message = asked
    ? 'The server did not accept the credentials, or wants some.'
    : sentence(complaint(stderr));
  const rule = rules.find(({ when }) => when.test(stderr));
  if (rule === undefined) return { is: 'unreachable', message, hint: usualHint(address) };
  return { is: rule.is, message, hint: rule.hint };
}

/** The same for what askRemote rejects with. Anything else is a fault of the program and is thrown on. */
export function readRejection(error: unknown, address: Address): RemoteFailure {
  if (error instanceof Refused) return { is: 'refused', message: sentence(error.message), hint: error.hint };
  if (error instanceof RemoteStopped) {
    return { is: 'unreachable', message: sentence(error.message), hint: usualHint(address) };
  }
  throw error;
}

function usualHint(address: Address): string {
  if (address.is === 'folder') return 'Check that the folder is a Git repository that this user may read.';
  return 'Check the address, the network and whether the server is up. It is asked again by itself.';
}

/** A message and its hint are shown one after the other. */
function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** The lines that say something, on one line. */
function complaint(stderr: string): string {
  const lines = stderr
    .split(/[\r\n]+/)
    .map((line) => line.replaceAll(/[^\u0020-\u007e]/g, ' ').trim())
    .filter((line) => line !== '');
  const said = lines.filter((line) => /^(fatal|error|remote|ssh|host key|permission|.*denied)/i.test(line));
  return (said.length > 0 ? said : lines).join('; ').slice(0, 500) || 'git failed without saying why';
}
