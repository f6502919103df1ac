import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { AgentFault, exitCodes } from '../fault.ts';

/**
 * The folders of the agent, made if they are missing; nobody else can read them. That others may pass through them is
 * left so: a script of another user (run/become.ts) may still be at work.
 */
export function openDataFolder(dataDir: string): { tasks: string } {
  const tasks = `${dataDir}/tasks`;
  mkdirSync(tasks, { recursive: true, mode: 0o700 });
  for (const folder of [dataDir, tasks]) {
    const { uid, mode } = lstatSync(folder);
    if (process.getuid !== undefined && uid !== process.getuid())
      throw new AgentFault(`the folder ${folder} belongs to another user (uid ${uid})`, exitCodes.refused);
    if ((mode & 0o7777) !== 0o711) chmodSync(folder, 0o700);
  }
  return { tasks };
}
