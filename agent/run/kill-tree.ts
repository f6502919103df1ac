import type { Halt } from '../halt.ts';
import { findProcesses, hasCookie } from '../host/process-table.ts';
import { sleep } from '../wait.ts';
import { cookieOf } from './wrapper.ts';

/** Between asking (TERM) and killing (KILL). */
const graceMs = 5_000;

/**
 * Ends everything that belongs to an execution: the wrapper's process group, and what has left it but still
 * carries the cookie. Resolves true when nothing is left, false if the agent is stopped before.
 */
export async function killTree(execution: string, wrapper: number, stopped: Halt): Promise<boolean> {
  const cookie = cookieOf(execution);
  // The number may belong to somebody else by now: as a group it counts only while the wrapper leads it, and then
  // for as long as there are members.
  const group = hasCookie(wrapper, cookie) ? wrapper : undefined;
  const deadline = performance.now() + graceMs;
  let signal: NodeJS.Signals | undefined = 'SIGTERM';
  for (let pause = 5; ; pause = Math.min(100, pause * 2)) {
    const left = findProcesses(cookie, group);
    if (left.length === 0) return true;
    if (stopped.asked) return false;
    if (performance.now() >= deadline) signal = 'SIGKILL';
    if (signal !== undefined) for (const pid of left) send(pid, signal);
    if (signal === 'SIGTERM') signal = undefined;
    await sleep(pause, stopped);
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}
