// How a repository is reached and with which credentials. Reading and writing are two GitAccess values, made from
// the configuration: the program that reads never holds what may write.
//
// A token reaches git as an `http.<origin>.extraHeader` that is carried by the environment (GIT_CONFIG_COUNT).
// It is then in no URL, no argument, no file of ours and no log; /proc/PID/environ can be read by the same user
// only; git blanks it in its own traces; and it is bound to the origin, so no other host is ever sent it. A
// credential helper would need a shell, and GIT_ASKPASS a program on disk for the same result. The file is read
// for every use, so a rotated token works from the next request on.
import { readFile } from 'node:fs/promises';
import type { Address } from './address.ts';
import { Refused } from './refused.ts';

export interface GitAccess {
  address: Address;
  /** File with `TOKEN` or `USER:TOKEN` in one line. */
  tokenFile?: string;
  /** PEM file of the authority that signed the server's certificate. */
  caFile?: string;
  sshKeyFile?: string;
  sshKnownHosts?: string;
}

/** What an access adds to git's configuration and environment, and the texts that must never be shown. */
export interface Credentials {
  config: readonly (readonly [key: string, value: string])[];
  variables: Readonly<Record<string, string>>;
  /** Value of the Authorization header, for a request of our own. */
  authorization?: string;
  secrets: readonly string[];
}

/** Reads the credentials as they are now. Throws Refused if a file cannot be used. */
export async function readCredentials(access: GitAccess): Promise<Credentials> {
  const { address } = access;
  switch (address.is) {
    case 'folder':
      return { config: [], variables: { GIT_ALLOW_PROTOCOL: 'file' }, secrets: [] };
    case 'ssh':
      return { config: [], variables: sshVariables(access), secrets: [] };
    case 'http':
    case 'https': {
      const config: [string, string][] = [];
      if (access.caFile !== undefined) config.push(['http.sslCAInfo', access.caFile]);
      const variables = { GIT_ALLOW_PROTOCOL: address.is };
      if (access.tokenFile === undefined) return { config, variables, secrets: [] };
      const { authorization, secrets } = await readToken(access.tokenFile);
      config.push([`http.${address.origin}/.extraHeader`, `Authorization: ${authorization}`]);
      return { config, variables, authorization, secrets };
    }
  }
}

/** Takes the secrets, and anything that looks like a credential in a URL, out of a text. */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) clean = clean.replaceAll(secret, '***');
  return clean.replace(/(\b[a-z+]+:\/\/)[^/\s@]*:[^/\s@]*@/gi, '$1***@');
}

async function readToken(file: string): Promise<{ authorization: string; secrets: string[] }> {
  let token: string;
  try {
    token = (await readFile(file, 'utf8')).trim();
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new Refused(`the token file ${file} cannot be read (${reason})`, 'Check its path and its owner.');
  }
  if (token === '' || /[^\u0021-\u007e]/.test(token)) {
    throw new Refused(
      `the token file ${file} does not hold one token`,
      'It must hold one line: TOKEN or USER:TOKEN.',
    );
  }
  // Any user name does for the usual hosts as long as the token is the password; this one is what GitHub documents.
  const pair = token.includes(':') ? token : `x-access-token:${token}`;
  const encoded = Buffer.from(pair).toString('base64');
  const bare = pair.slice(pair.indexOf(':') + 1);
  const secrets = [encoded, token, bare, encodeURIComponent(bare)].filter((text) => text !== '');
  return { authorization: `Basic ${encoded}`, secrets: [...new Set(secrets)] };
}

/** ssh with this key and these hosts and nothing else: no agent, no configuration, no question. */
function sshVariables({ sshKeyFile, sshKnownHosts }: GitAccess): Record<string, string> {
  if (sshKeyFile === undefined) {
    throw new Refused('an ssh repository needs a private key', 'Give it with --ssh-key-file FILE.');
  }
  if (sshKnownHosts === undefined) {
    throw new Refused(
      'an ssh repository needs the known keys of its host',
      'Make the file with "ssh-keyscan HOST > FILE", compare it with what the host publishes, and give it with --ssh-known-hosts FILE.',
    );
  }
  const options = [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    `UserKnownHostsFile=${sshPath(sshKnownHosts)}`,
    'GlobalKnownHostsFile=/dev/null',
    `IdentityFile=${sshPath(sshKeyFile)}`,
    'IdentitiesOnly=yes',
    'IdentityAgent=none',
    'PreferredAuthentications=publickey',
    'ClearAllForwardings=yes',
    'UpdateHostKeys=no',
    'ConnectTimeout=20',
    'ServerAliveInterval=15',
    'ServerAliveCountMax=2',
  ];
  return {
    GIT_ALLOW_PROTOCOL: 'ssh',
    GIT_SSH_VARIANT: 'ssh',
    GIT_SSH_COMMAND: [
      'ssh',
      '-F',
      '/dev/null',
      ...options.flatMap((option) => ['-o', shellWord(option)]),
    ].join(' '),
  };
}

/** ssh reads a value a second time: quotes keep spaces together, and a percent sign must be doubled. */
function sshPath(path: string): string {
  return `"${path.replaceAll('%', '%%')}"`;
}

function shellWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
