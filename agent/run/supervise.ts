// From a running process to its one end. Reasons to end are an exit, the timeout, a stop, too much output; the
// first one wins, and one that kills is in the journal before the first signal is sent.
import type { End } from '../../schemas/generated/wire.ts';
import type { Halt } from '../halt.ts';
import type { Journal } from '../journal/journal.ts';
import type { Cause, Limits } from '../journal/record.ts';
import { sleep } from '../wait.ts';
import { exited, killed, notStarted, type Times, unkillable, unknown } from './ends.ts';
import { killTree } from './kill-tree.ts';
import { hasTaskFolder, outputSize, readClaim, readExit, type TaskFolder } from './task-folder.ts';
import { timeLimit } from './time-limit.ts';
import { notBegun, type WrapperEnd } from './wrapper.ts';

export interface Running {
  execution: string;
  offer: number;
  folder: TaskFolder;
  pid: number;
  /** The boot of the machine that it was started in. */
  bootId: string;
  startedAt: string;
  limits: Limits;
  /** What is left of the timeout. */
  restMs: number;
  ended: Promise<WrapperEnd>;
  /** Known at once if an earlier life of the agent had begun to kill it. */
  cause?: Cause;
}

export interface Supervision {
  journal: Journal;
  at: () => string;
  /** Resolves when a stop asks for its death. */
  stopAsked: Promise<void>;
  /** Resolves when its output fills the disk. */
  tooMuch: Promise<void>;
  /** Aborted when the agent stops; the process goes on. */
  stopped: Halt;
  /** Aborted when the end is known; ends the waits that were for nothing. */
  over: Halt;
}

/** Its end; undefined if the agent was stopped before. */
export async function supervise(running: Running, supervision: Supervision): Promise<End | undefined> {
  const { execution, folder, pid, limits } = running;
  const { timeoutSeconds, terminationMode = 'ProcessTree', graceSeconds = 5 } = limits;
  const grace = graceSeconds * 1000;
  const { stopped } = supervision;
  const cause = running.cause ?? (await causeOfDeath(running, supervision));
  if (cause === 'agent') return undefined;
  if (cause !== 'exit') {
    // What fills the disk would go on from whatever is left of it.
    const mode = cause === 'output' ? 'ProcessTree' : terminationMode;
    const tree = await killTree(execution, pid, { mode, grace }, stopped);
    if (tree.is === 'stopped') return undefined;
    if (tree.is === 'left') return unkillable(cause, timeoutSeconds, tree.pids, times(running, supervision));
    return killed(cause, timeoutSeconds, times(running, supervision));
  }

  const wrapper = await running.ended;
  const code = readExit(folder) ?? wrapper.code;
  if ((code === null || code === notBegun) && neverBegan(folder))
    return notStarted('The wrapper could not begin: the task folder cannot be written.', supervision.at());
  if (code !== null) return exited(code, times(running, supervision));
  // Without it nobody can tell the script's own process from what that has started.
  const tree = await killTree(execution, pid, { mode: 'ProcessTree', grace }, stopped);
  if (tree.is === 'stopped') return undefined;
  const message = 'Its wrapper was killed: nobody can say how it ended.';
  return unknown('ExecutionInterrupted', message, times(running, supervision));
}

async function causeOfDeath(running: Running, supervision: Supervision): Promise<Cause | 'exit' | 'agent'> {
  const { execution, ended, restMs } = running;
  const { journal, stopAsked, tooMuch, over, stopped } = supervision;
  const first = await Promise.race([
    ended.then(() => 'exit' as const),
    stopAsked.then(() => 'stop' as const),
    tooMuch.then(() => 'output' as const),
    timeLimit(restMs, over).then(() => 'timeout' as const),
  ]);
  const endedMeanwhile = first === 'exit' || (await endsByItself(running, over));
  if (stopped.asked) return 'agent';
  if (first === 'exit' || endedMeanwhile) return 'exit';
  await journal.write({ is: 'dying', execution, cause: first });
  // What ended by itself before the first signal keeps its own result.
  return (await endsByItself(running, over)) ? 'exit' : first;
}

/** Whether it has written its exit code, and so is about to end. A script that wrote it itself goes on instead. */
async function endsByItself({ folder, ended }: Running, over: Halt): Promise<boolean> {
  if (readExit(folder) === undefined) return false;
  return await Promise.race([ended.then(() => true), sleep(1_000, over).then(() => false)]);
}

/** Before it runs the script the wrapper has written its pid into the claim. */
function neverBegan(folder: TaskFolder): boolean {
  const claim = readClaim(folder);
  if (claim.by === 'nobody') return hasTaskFolder(folder);
  return claim.by === 'unknown' && claim.empty;
}

function times({ folder, startedAt }: Running, { at }: Supervision): Times {
  return { at: at(), startedAt, outputBytes: outputSize(folder) };
}
