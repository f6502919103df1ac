// DATA/tasks/EXECUTION/: where an execution and the agent meet, without needing one another.
//
//   script    0500, what runs; with an extension where its interpreter or launcher wants one
//   started   the claim: whoever creates this file decides whether the script runs. The wrapper creates it and
//             writes its pid; an agent that creates it first keeps the wrapper from ever running the script
//   output    stdout and stderr, as they come
//   exit      the exit code and a newline, written once; without the newline it is not whole
//
// Without a user of its own a script can do here as it likes: whatever is found proves something only as far as it is
// what the wrapper or the agent wrote. A script for another user can reach its own file and nothing else (become.ts).
import { chmodSync, linkSync, mkdirSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { systemCode } from '../fault.ts';
import { glimpse, isFolder, plainFile } from '../host/hostile-file.ts';
import { removeAnyFolder, removePlainFolder } from '../host/remove-folder.ts';

export interface TaskFolder {
  path: string;
  script: string;
  output: string;
}

/** Attempt 2 and later have folders of their own: a claim is never used again. */
export function taskFolder(tasks: string, execution: string, attempt: number, script = 'script'): TaskFolder {
  const path = `${tasks}/${execution}${attempt === 1 ? '' : `~${attempt}`}`;
  return { path, script: `${path}/${script}`, output: `${path}/output` };
}

/**
 * Makes the folder with the script in it, which may be a file to move there. False if there is one already whose claim is taken: this execution has
 * been started before, whatever the journal says.
 */
export function makeTaskFolder(folder: TaskFolder, script: string | Uint8Array | { move: string }): boolean {
  if (hasTaskFolder(folder)) {
    if (readClaim(folder).by !== 'nobody') return false;
    // Never started, it holds nothing but what the agent put there.
    if (!removePlainFolder(folder.path, [...ownFiles, basename(folder.script)])) return false;
  }
  mkdirSync(folder.path, { mode: 0o700 });
  if (typeof script === 'string' || script instanceof Uint8Array)
    writeFileSync(folder.script, script, { mode: 0o500 });
  else {
    renameSync(script.move, folder.script);
    chmodSync(folder.script, 0o500);
  }
  return true;
}

/** Who has claimed the start. Empty is a wrapper that has not written its pid yet, or could not. */
export type Claim =
  | { by: 'nobody' }
  | { by: 'agent' }
  | { by: 'wrapper'; pid: number }
  | { by: 'unknown'; empty: boolean };

export function readClaim(folder: TaskFolder): Claim {
  const claim = glimpse(`${folder.path}/started`);
  if (claim.is === 'missing') return { by: 'nobody' };
  if (claim.is === 'unreadable') return { by: 'unknown', empty: false };
  if (claim.text === agentsClaim) return { by: 'agent' };
  const pid = Number(claim.text.trim());
  return pid > 0 ? { by: 'wrapper', pid } : { by: 'unknown', empty: claim.text === '' };
}

/** What the claim says when the agent has taken it: no wrapper can any more. */
const agentsClaim = 'agent\n';

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
  const exit = glimpse(`${folder.path}/exit`);
  return exit.is === 'text' && /^\d{1,3}\n$/.test(exit.text) ? Number(exit.text) : undefined;
}

/** Bytes of output so far. */
export function outputSize(folder: TaskFolder): number {
  return plainFile(folder.output)?.size ?? 0;
}

export function hasTaskFolder(folder: TaskFolder): boolean {
  return isFolder(folder.path);
}

/** When the start was claimed; undefined if it was not. */
export function claimedAt(folder: TaskFolder): number | undefined {
  return plainFile(`${folder.path}/started`)?.mtimeMs;
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

/**
 * Removes every attempt's folder, the latest first, so that a crash leaves no gap. False if one is left that holds
 * more than the agent and the wrapper put there.
 */
export function removeTaskFolders(tasks: string, execution: string): boolean {
  for (;;) {
    const { path } = latestTaskFolder(tasks, execution);
    if (!removePlainFolder(path, ownFiles)) return false;
    if (path === taskFolder(tasks, execution, 1).path) return true;
  }
}

/** The same, whatever the script left there. False if something cannot be removed. */
export async function removeStubbornFolders(tasks: string, execution: string): Promise<boolean> {
  for (;;) {
    const { path } = latestTaskFolder(tasks, execution);
    if (!(await removeAnyFolder(path))) return false;
    if (path === taskFolder(tasks, execution, 1).path) return true;
  }
}

/**
 * Removes what grows, of every attempt, and keeps the script and the claim: so the folder still says that this
 * execution has been started. What the script left there stays.
 */
export function keepScripts(tasks: string, execution: string): void {
  for (let attempt = 1; ; attempt += 1) {
    const folder = taskFolder(tasks, execution, attempt);
    if (!hasTaskFolder(folder)) return;
    for (const name of ['output', 'exit', 'claim']) {
      try {
        unlinkSync(`${folder.path}/${name}`);
      } catch (error) {
        if (systemCode(error) !== 'ENOENT') throw error;
      }
    }
  }
}

const ownFiles = ['script', 'started', 'output', 'exit', 'claim'] as const;
