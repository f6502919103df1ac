// What an agent that comes back does about each execution whose start was intended.
//
// The wrapper creates the file `started` with O_EXCL before it runs anything, so whoever creates that file decides.
// If the machine has not been started anew, the folder is as the last life of the agent left it:
//
//   `exit` is there           it ended by itself; the code is known
//   `started` holds a pid     it ran: the process is adopted, or, if it is gone without an exit code, Unknown
//   `started` is not there    the agent creates it. If that works, no wrapper ever ran the script, and none that
//                             may still be on its way ever will: it is proven not to have started, and may start,
//                             in another folder. If it does not work, a wrapper was quicker: adopt
//
// After a boot nothing of this is proven, since files that were not synced may be gone: without an exit code it is
// Unknown. So it is when the folder is not as the agent left it: gone, without the script, or closed to the agent.
import { chmodSync, readFileSync, renameSync } from 'node:fs';
import type { End, RunOrder } from '../../schemas/generated/wire.ts';
import { systemCode } from '../fault.ts';
import { blobPath } from '../fetch/fetch-blob.ts';
import type { Halt } from '../halt.ts';
import { hasCookie, processStatus, ticksPerSecond, uptimeSeconds } from '../host/process-table.ts';
import { type Entry, limitsOf } from '../journal/memory.ts';
import { scriptName } from '../launch/plan.ts';
import { sleep } from '../wait.ts';
import { unknown } from './ends.ts';
import type { Running } from './supervise.ts';
import {
  claimedAt,
  hasTaskFolder,
  outputSize,
  readClaim,
  readExit,
  type TaskFolder,
  takeClaim,
  taskFolder,
} from './task-folder.ts';
import { cookieOf, type WrapperEnd } from './wrapper.ts';

export type Recovery =
  | { do: 'supervise'; running: Running }
  | { do: 'start'; order: RunOrder; attempt: number }
  | { do: 'end'; end: End };

export interface RecoveryNeeds {
  tasks: string;
  bootId: string;
  at: () => string;
  /** Aborted when nobody waits for the adopted process any more. */
  over: Halt;
}

type Begun = Extract<Entry, { is: 'intended' | 'started' }>;

export async function recover(execution: string, entry: Begun, needs: RecoveryNeeds): Promise<Recovery> {
  const { tasks, bootId, at } = needs;
  const { intent } = entry;
  const name = entry.is === 'intended' ? scriptName(entry.order) : undefined;
  const folder = taskFolder(tasks, execution, intent.attempt, name);
  const startedAt = startedAtOf(entry, folder);
  const doubt = (code: 'InstanceRestarted' | 'ExecutionInterrupted', message: string): Recovery => ({
    do: 'end',
    end: unknown(code, message, { at: at(), startedAt, outputBytes: outputSize(folder) }),
  });

  const settled = readExit(folder) !== undefined || entry.cause !== undefined;
  if (!settled && intent.bootId !== bootId)
    return doubt('InstanceRestarted', 'The instance was started anew while it ran.');
  if (!settled && !hasTaskFolder(folder))
    return doubt('ExecutionInterrupted', 'Its task folder is gone: nobody can say whether it ran.');

  if (!settled && entry.is === 'intended') {
    const { blob } = entry.order;
    const take = blob === undefined ? readText : moveBack(blobPath(tasks, execution));
    const text = unstartedScript(folder, take);
    if (text === 'lost') return doubt('ExecutionInterrupted', 'Its task folder is not as the agent left it.');
    if (text !== 'started')
      return { do: 'start', order: { ...entry.order, ...text }, attempt: intent.attempt + 1 };
  }
  const pid = await wrapperPid(entry, folder);
  if (pid === undefined && !settled)
    return doubt('ExecutionInterrupted', 'Its wrapper is gone: nobody can say how it ended.');
  return { do: 'supervise', running: adopted(execution, entry, folder, pid ?? 0, startedAt, needs) };
}

/** What the order's script was, if it is proven that it never started and never will in this folder. */
function unstartedScript(
  folder: TaskFolder,
  take: (path: string) => string,
): { script: string } | 'started' | 'lost' {
  try {
    if (readClaim(folder).by !== 'agent' && !takeClaim(folder)) return 'started';
    return { script: take(folder.script) };
  } catch (error) {
    // Anything else (no memory, no room on the disk) is the machine's trouble, and may be over in the next life.
    if (tamperedCodes.has(systemCode(error) ?? '')) return 'lost';
    throw error;
  }
}

function readText(path: string): string {
  return readFileSync(path, 'utf8');
}

/** A large script goes back to where it was fetched to; its digest is looked at once more before it starts. */
function moveBack(fetched: string): (path: string) => string {
  return (path) => {
    chmodSync(path, 0o600);
    renameSync(path, fetched);
    return '';
  };
}

const tamperedCodes = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP', 'EACCES', 'EPERM', 'EEXIST']);

function adopted(
  execution: string,
  entry: Begun,
  folder: TaskFolder,
  pid: number,
  startedAt: string,
  { over }: RecoveryNeeds,
): Running {
  const limits = entry.is === 'started' ? entry.limits : limitsOf(entry.order);
  const startTicks = processStatus(pid)?.startTicks;
  const ranMs = startTicks === undefined ? 0 : (uptimeSeconds() - startTicks / ticksPerSecond) * 1000;
  return {
    execution,
    offer: entry.offer,
    folder,
    pid,
    bootId: entry.intent.bootId,
    startedAt,
    limits,
    restMs: Math.max(0, limits.timeoutSeconds * 1000 - ranMs),
    ended: adoptedEnd(execution, folder, pid, over),
    ...(entry.cause === undefined ? {} : { cause: entry.cause }),
  };
}

/** The end of a process that is not the agent's child: its exit code, or its disappearance. */
async function adoptedEnd(
  execution: string,
  folder: TaskFolder,
  pid: number,
  over: Halt,
): Promise<WrapperEnd> {
  const cookie = cookieOf(execution);
  while (!over.asked) {
    // Looked at first: an exit code is written before the process is gone.
    const gone = !hasCookie(pid, cookie);
    const code = readExit(folder);
    if (code !== undefined || gone) return { code: code ?? null };
    await sleep(100, over);
  }
  return { code: null };
}

/** The wrapper writes its pid right after it has claimed the start. */
async function wrapperPid(entry: Begun, folder: TaskFolder): Promise<number | undefined> {
  if (entry.is === 'started') return entry.start.pid;
  for (let look = 0; look < 40; look += 1) {
    const claim = readClaim(folder);
    if (claim.by === 'wrapper') return claim.pid;
    await sleep(25);
  }
  return undefined;
}

function startedAtOf(entry: Begun, folder: TaskFolder): string {
  if (entry.is === 'started') return entry.start.at;
  const claimed = claimedAt(folder);
  return claimed === undefined ? entry.intent.at : new Date(claimed).toISOString();
}
