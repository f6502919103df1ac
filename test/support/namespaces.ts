// Machines of their own on this one: an agent whose host name, or one folder, nobody else sees. Linux, and allowed to.
import { spawnSync } from 'node:child_process';

/** Where we are not root, a user namespace makes us root in there. */
const flagsOfRoot = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];

/** Whether this machine lets us be root, and have of our own: `uts` host names, `mount` folders. */
export function allows(...kinds: ('uts' | 'mount')[]): boolean {
  const flags = kinds.map((kind) => `--${kind}`);
  return spawnSync('unshare', [...flagsOfRoot, ...flags, 'true'], { stdio: 'ignore' }).status === 0;
}

/** Runs a command line as root. */
export function asRoot(): [string, ...string[]] {
  return ['unshare', ...flagsOfRoot];
}

/** Runs a command line on a machine with this host name. */
export function hostNamed(name: string): string[] {
  return ['unshare', ...flagsOfRoot, '--uts', 'sh', '-c', 'hostname "$0" && exec "$@"', name];
}

/** Runs a command line on a machine on which `place` is what others see at `folder`. */
export function withFolder(folder: string, place: string): string[] {
  const script = 'mount --bind "$0" "$1" && shift && exec "$@"';
  return ['unshare', ...flagsOfRoot, '--mount', 'sh', '-c', script, folder, place];
}
