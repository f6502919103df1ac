import { spawn } from 'node:child_process';
import { rmdirSync, unlinkSync } from 'node:fs';
import { systemCode } from '../fault.ts';

/** Removes a folder that holds some of these files and nothing else; false if it could not. It costs few calls. */
export function removePlainFolder(path: string, files: readonly string[]): boolean {
  for (const name of files) tolerant(() => unlinkSync(`${path}/${name}`));
  return tolerant(() => rmdirSync(path));
}

// chmod goes from the top down and rm from the bottom up; neither follows a link.
const program = 'rm -rf "$1" || { chmod -R u+rwx "$1"; rm -rf "$1"; }';

/**
 * Removes a folder whatever is in it, however much and however deep: a process of its own does it, so that it costs
 * the agent neither time nor memory. False if something is left.
 */
export function removeAnyFolder(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn('/bin/sh', ['-c', program, 'groundcrew', path], { stdio: 'ignore' });
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
    // An agent that is to end does not wait for it.
    child.unref();
  });
}

/** True if it is done, or was done before. */
function tolerant(remove: () => void): boolean {
  try {
    remove();
    return true;
  } catch (error) {
    return systemCode(error) === 'ENOENT';
  }
}
