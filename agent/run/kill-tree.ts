import type { TerminationMode } from '../../schemas/generated/wire.ts';
import type { Halt } from '../halt.ts';
import { sleep } from '../wait.ts';
import { findMembers, type Members } from './members.ts';

/** Milliseconds between killing (KILL) and giving up. */
const untilGivenUp = 20_000;

/** `stopped`: the agent is to end. `left`: some of its processes cannot be killed, by this user or at all. */
export type Killed = { is: 'gone' } | { is: 'stopped' } | { is: 'left'; pids: number[] };

export interface Killing {
  mode: TerminationMode;
  /** Milliseconds between asking (TERM) and killing. */
  grace: number;
  giveUp?: number;
  send?: (pid: number, signal: NodeJS.Signals) => void;
}

/** Ends what belongs to an execution, and returns when it is proven to be gone. */
export async function killTree(
  execution: string,
  wrapper: number,
  { mode, grace, giveUp = untilGivenUp, send = process.kill }: Killing,
  stopped: Halt,
): Promise<Killed> {
  const began = performance.now();
  let signal: NodeJS.Signals | undefined = 'SIGTERM';
  let members: Members = new Map();
  for (;;) {
    members = findMembers(execution, wrapper, mode, members);
    if (members.size === 0) return { is: 'gone' };
    if (stopped.asked) return { is: 'stopped' };
    const passed = performance.now() - began;
    if (passed >= grace + giveUp) return { is: 'left', pids: [...members.keys()] };
    if (passed >= grace) signal = 'SIGKILL';
    // Asked once, so that what it does on TERM is not disturbed; killed until nothing is left.
    if (signal !== undefined) for (const pid of members.keys()) sendTo(pid, signal, send);
    if (signal === 'SIGTERM') signal = undefined;
    await sleep(
      passed < grace ? Math.min(pauseAfter(passed), grace - passed) : pauseAfter(passed - grace),
      stopped,
    );
  }
}

/** The longer it takes the less it matters when exactly it is seen; a look costs, with many processes. */
function pauseAfter(ms: number): number {
  return Math.min(1_000, Math.max(5, ms / 10));
}

function sendTo(
  pid: number,
  signal: NodeJS.Signals,
  send: (pid: number, signal: NodeJS.Signals) => void,
): void {
  try {
    send(pid, signal);
  } catch {
    // It has ended meanwhile, or belongs to another user: the next look at the process table says which.
  }
}
