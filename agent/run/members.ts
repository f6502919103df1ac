// Which live processes belong to an execution.
import type { TerminationMode } from '../../schemas/generated/wire.ts';
import { hasCookie, liveProcesses, type ProcessStatus } from '../host/process-table.ts';
import { cookieOf } from './wrapper.ts';

/** Pid to start time: what was once found stays a member until it is gone, whoever its parent becomes. */
export type Members = ReadonlyMap<number, number>;

/**
 * `ProcessTree`: the wrapper's process group; what carries the cookie, whatever session it has fled to; what these
 * have started, though it may have cleared its environment; and what was known before, though its parent is gone.
 * `Process`: the wrapper, and the one process that the wrapper has started: the script's own.
 */
export function findMembers(
  execution: string,
  wrapper: number,
  mode: TerminationMode,
  known: Members = new Map(),
): Members {
  const cookie = cookieOf(execution);
  // The number may belong to somebody else by now.
  const lives = hasCookie(wrapper, cookie);
  const live = liveProcesses();
  // A group's number is not given away while it has members: the group counts for as long as one of them is known.
  const leads = lives || [...known.keys()].some((pid) => live.get(pid)?.group === wrapper);
  const belongs = (pid: number, status: ProcessStatus): boolean => {
    if (known.get(pid) === status.startTicks) return true;
    if (mode === 'Process') return lives && (pid === wrapper || status.parent === wrapper);
    return (leads && status.group === wrapper) || hasCookie(pid, cookie);
  };
  const members = new Map<number, number>();
  for (const [pid, status] of live) if (belongs(pid, status)) members.set(pid, status.startTicks);
  if (mode === 'ProcessTree') addDescendants(members, live);
  return members;
}

function addDescendants(members: Map<number, number>, live: ReadonlyMap<number, ProcessStatus>): void {
  for (let before = -1; before !== members.size; ) {
    before = members.size;
    for (const [pid, { parent, startTicks }] of live) if (members.has(parent)) members.set(pid, startTicks);
  }
}
