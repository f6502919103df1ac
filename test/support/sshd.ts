// A real sshd on 127.0.0.1 that lets one key run git and nothing else of the machine's configuration matters.
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';

const program = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/usr/bin/sshd'].find((path) => existsSync(path));

/** Why tests with sshd cannot run here; undefined if they can. */
export const noSshd =
  program === undefined ? 'sshd is not installed (Debian: apt-get install openssh-server)' : undefined;

export interface Sshd {
  port: number;
  /** ssh://user@127.0.0.1:port/path of a folder on this machine. */
  url(folder: string): string;
  /** Private key that is let in. */
  keyFile: string;
  /** Private key that is not. */
  otherKeyFile: string;
  /** Knows this server's host key. */
  knownHosts: string;
  /** Knows another key for this server. */
  wrongKnownHosts: string;
  close(): Promise<void>;
}

/** `folder` must be private to the test; keys and logs are kept there. */
export async function startSshd(folder: string): Promise<Sshd> {
  if (program === undefined) throw new Error(noSshd);
  const makeKey = (name: string): string => {
    const file = join(folder, name);
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', file]);
    return file;
  };
  const hostKey = makeKey('host-key');
  const wrongHostKey = makeKey('wrong-host-key');
  const keyFile = makeKey('user key');
  const otherKeyFile = makeKey('other-key');
  const port = await freePort();
  const authorized = join(folder, 'authorized_keys');
  writeFileSync(authorized, readFileSync(`${keyFile}.pub`));
  chmodSync(authorized, 0o600);
  const hosts = (name: string, key: string): string => {
    const file = join(folder, name);
    const [type, value] = readFileSync(`${key}.pub`, 'utf8').split(' ');
    writeFileSync(file, `[127.0.0.1]:${port} ${type} ${value}\n`);
    return file;
  };
  const config = join(folder, 'sshd_config');
  writeFileSync(
    config,
    [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${hostKey}`,
      `AuthorizedKeysFile ${authorized}`,
      `PidFile ${join(folder, 'sshd.pid')}`,
      'StrictModes no',
      'UsePAM no',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'PermitRootLogin prohibit-password',
      'LogLevel ERROR',
      '',
    ].join('\n'),
  );
  // sshd wants this folder for what it does before a log-on; only root can make it, and root only needs it.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
  const server = spawn(program, ['-D', '-e', '-f', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  server.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const ended = new Promise<void>((resolve) => server.once('close', () => resolve()));
  const up = await Promise.race([answers(port), ended.then(() => false)]);
  if (!up) throw new Error(`sshd did not start: ${said}`);
  return {
    port,
    keyFile,
    otherKeyFile,
    knownHosts: hosts('known hosts', hostKey),
    wrongKnownHosts: hosts('wrong-known-hosts', wrongHostKey),
    url: (path) => `ssh://${userInfo().username}@127.0.0.1:${port}${path}`,
    async close() {
      server.kill('SIGTERM');
      await ended;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}

async function answers(port: number): Promise<boolean> {
  for (let tries = 0; tries < 100; tries++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (open) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}
