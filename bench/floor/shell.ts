import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Starts `sh` on a script of one line, and waits for its first output. */
export async function shell(): Promise<void> {
  const child = spawn('/bin/sh', ['-c', 'echo started'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const gone = once(child, 'exit');
  await once(child.stdout, 'data');
  await gone;
}
