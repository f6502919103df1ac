import type { Halt } from '../halt.ts';
import { findProcesses, hasCookie } from '../host/process-table.ts';
import { sleep } from '../wait.ts';
import { cookieOf } from './wrapper.ts';

/** Milliseconds between asking (TERM) and killing (KILL), and between killing and giving up. */
const patience = { grace: 5_000, kill: 20_000 };

/** `stopped`: the agent is to end. `left`: some of its processes cannot be killed, by this user or at all. */
export type Killed = { is: 'gone' } | { is: 'stopped' } | { is: 'left'; pids: number[] };

type Send = (pid: number, signal: NodeJS.Signals) => void;

/**
 * Ends everything that belongs to an execution: the wrapper's process group, and what has left it but still
 * carries the cookie.
 */
export async function killTree(
  execution: string,
  wrapper: number,
  stopped: Halt,
  { grace, kill } = patience,
  send: Send = (pid, signal) => process.kill(pid, signal),
): Promise<Killed> {
  const cookie = cookieOf(execution);
  // The number may belong to somebody else by now: as a group it counts only while the wrapper leads it, and then
  // for as long as there are members.
  const group = hasCookie(wrapper, cookie) ? wrapper : undefined;
  const began = performance.now();
  let signal: NodeJS.Signals | undefined = 'SIGTERM';
  for (let pause = 5; ; pause = Math.min(100, pause * 2)) {
    const left = findProcesses(cookie, group);
    if (left.length === 0) return { is: 'gone' };
    if (stopped.asked) return { is: 'stopped' };
    const passed = performance.now() - began;
    if (passed >= grace + kill) return { is: 'left', pids: left };
    if (passed >= grace) signal = 'SIGKILL';
    if (signal !== undefined) for (const pid of left) sendTo(pid, signal, send);
    if (signal === 'SIGTERM') signal = undefined;
    await sleep(pause, stopped);
  }
}

function sendTo(pid: number, signal: NodeJS.Signals, send: Send): void {
  try {
    send(pid, signal);
  } catch {
    // It has ended meanwhile, or belongs to another user: the next look at the process table says which.
  }
}
