// What /proc says of processes. A pid alone proves nothing, since pids are used again: a process is known by its
// pid and start time, or by the cookie in the environment it was started with.
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessStatus {
  /** Clock ticks (1/100 s) since boot at which it started. */
  startTicks: number;
  parent: number;
  group: number;
  /** Has ended and waits to be reaped. */
  zombie: boolean;
}

/** Undefined if there is no such process. */
export function processStatus(pid: number): ProcessStatus | undefined {
  const text = readProc(`${pid}/stat`);
  // The second field is the program's name in brackets and may hold anything; the rest is plain.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  if (fields === undefined || fields.length < 20) return undefined;
  return {
    startTicks: Number(fields[19]),
    parent: Number(fields[1]),
    group: Number(fields[2]),
    zombie: fields[0] === 'Z' || fields[0] === 'X',
  };
}

/** Whether a live process carries this `NAME=value` in the environment it was started with. */
export function hasCookie(pid: number, cookie: string): boolean {
  const environment = readProc(`${pid}/environ`);
  return environment !== undefined && `\0${environment}`.includes(`\0${cookie}\0`);
}

/** Every live process but this one, by its pid. */
export function liveProcesses(): Map<number, ProcessStatus> {
  const found = new Map<number, ProcessStatus>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const status = processStatus(pid);
    if (status !== undefined && !status.zombie) found.set(pid, status);
  }
  return found;
}

/** Every live process that carries the cookie. */
export function findProcesses(cookie: string): number[] {
  return [...liveProcesses().keys()].filter((pid) => hasCookie(pid, cookie));
}

/** Names this boot of the machine. */
export function bootId(): string {
  return readProc('sys/kernel/random/boot_id')?.trim() ?? 'unknown';
}

/** Seconds since boot; goes on through suspend and never jumps. */
export function uptimeSeconds(): number {
  return Number(readProc('uptime')?.split(' ')[0] ?? Number.NaN);
}

export const ticksPerSecond = 100;

function readProc(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, 'latin1');
  } catch {
    // It has ended meanwhile, or belongs to somebody else.
    return undefined;
  }
}
