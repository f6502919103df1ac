// DATA/tasks/EXECUTION/: where an execution and the agent meet, without needing one another.
//
//   script    0500, what runs
//   started   the claim: whoever creates this file decides whether the script runs. The wrapper creates it and
//             writes its pid; an agent that creates it first keeps the wrapper from ever running the script
//   output    stdout and stderr, as they come
//   exit      the exit code and a newline, written once; without the newline it is not whole
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { systemCode } from '../fault.ts';

export interface TaskFolder {
  path: string;
  script: string;
  output: string;
}

/** Attempt 2 and later have folders of their own: a claim is never used again. */
export function taskFolder(tasks: string, execution: string, attempt: number): TaskFolder {
  const path = `${tasks}/${execution}${attempt === 1 ? '' : `~${attempt}`}`;
  return { path, script: `${path}/script`, output: `${path}/output` };
}

/**
 * Makes the folder with the script in it. False if there is one already whose claim is taken: this execution has
 * been started before, whatever the journal says.
 */
export function makeTaskFolder(folder: TaskFolder, script: string): boolean {
  if (hasTaskFolder(folder)) {
    if (readClaim(folder) !== undefined) return false;
    removeFolder(folder.path);
  }
  mkdirSync(folder.path, { mode: 0o700 });
  writeFileSync(folder.script, script, { mode: 0o500 });
  return true;
}

/** The text of the claim (the wrapper's pid); undefined if nobody has claimed the start. */
export function readClaim(folder: TaskFolder): string | undefined {
  return readIfThere(`${folder.path}/started`);
}

/** What the claim says when the agent has taken it: no wrapper can any more. */
export const agentsClaim = 'agent\n';

/** Takes the claim. False if a wrapper has: the script runs or has run. */
export function takeClaim(folder: TaskFolder): boolean {
  // Written first and named second: the claim is never seen without its text.
  const mine = `${folder.path}/claim`;
  writeFileSync(mine, agentsClaim, { mode: 0o600 });
  try {
    linkSync(mine, `${folder.path}/started`);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** The exit code that the wrapper wrote; undefined if it has not, or not wholly. */
export function readExit(folder: TaskFolder): number | undefined {
  const text = readIfThere(`${folder.path}/exit`);
  return text !== undefined && /^\d{1,3}\n$/.test(text) ? Number(text) : undefined;
}

/** Bytes of output so far. */
export function outputSize(folder: TaskFolder): number {
  return statSync(folder.output, { throwIfNoEntry: false })?.size ?? 0;
}

export function hasTaskFolder(folder: TaskFolder): boolean {
  return statSync(folder.path, { throwIfNoEntry: false }) !== undefined;
}

/** When the start was claimed; undefined if it was not. */
export function claimedAt(folder: TaskFolder): number | undefined {
  return statSync(`${folder.path}/started`, { throwIfNoEntry: false })?.mtimeMs;
}

/** The folder of the latest attempt that has one; the first attempt's if none has. */
export function latestTaskFolder(tasks: string, execution: string): TaskFolder {
  let latest = taskFolder(tasks, execution, 1);
  for (let attempt = 2; ; attempt += 1) {
    const next = taskFolder(tasks, execution, attempt);
    if (!hasTaskFolder(next)) return latest;
    latest = next;
  }
}

/** Removes every attempt's folder, the latest first, so that a crash leaves no gap. */
export function removeTaskFolders(tasks: string, execution: string): void {
  for (;;) {
    const { path } = latestTaskFolder(tasks, execution);
    removeFolder(path);
    if (path === taskFolder(tasks, execution, 1).path) return;
  }
}

/** The folder has files only; this way is several times cheaper than one that expects anything. */
function removeFolder(path: string): void {
  if (!existsSync(path)) return;
  for (const name of readdirSync(path)) unlinkSync(`${path}/${name}`);
  rmdirSync(path);
}

/** Nothing here removes such a file, so what is there stays there. */
function readIfThere(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
