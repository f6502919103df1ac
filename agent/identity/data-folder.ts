import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { AgentFault, exitCodes } from '../fault.ts';

/** The folders of the agent, made if they are missing; nobody else can read them. */
export function openDataFolder(dataDir: string): { tasks: string } {
  const tasks = `${dataDir}/tasks`;
  mkdirSync(tasks, { recursive: true, mode: 0o700 });
  for (const folder of [dataDir, tasks]) {
    const { uid } = lstatSync(folder);
    if (process.getuid !== undefined && uid !== process.getuid())
      throw new AgentFault(`the folder ${folder} belongs to another user (uid ${uid})`, exitCodes.refused);
    chmodSync(folder, 0o700);
  }
  return { tasks };
}
