import { crc32 } from 'node:zlib';
import type { End, RunOrder, SendOrder } from '../../schemas/generated/wire.ts';
import type { PowerAction } from '../power/action.ts';

/**
 * What the journal holds, a line each. ● is synced to disk before anything that depends on it.
 *
 *   received ●─▶ intended ●─▶ started ─▶ (dying ●) ─▶ ended ●─▶ reported ─▶ (powering ●) ─▶ forgotten
 *
 *   received ●─▶ placing ●─▶ ended ●            of a file that is sent: it is about to get its name
 *
 * An `ended` without anything before it is a tombstone: a stop for an execution that was never seen.
 */
export type JournalRecord =
  | ({ is: 'journal'; version: typeof journalVersion } & Heading)
  | { is: 'received'; order: Task }
  | ({ is: 'intended'; execution: string } & Intent)
  | ({ is: 'started'; execution: string } & Start)
  | ({ is: 'placing'; execution: string } & Placing)
  | { is: 'dying'; execution: string; cause: Cause }
  | { is: 'ended'; execution: string; offer: number; end: End; power?: Power }
  | { is: 'reported'; execution: string }
  | { is: 'powering'; execution: string }
  | { is: 'forgotten'; before: number }
  | { is: 'handed'; epoch: string }
  | { is: 'limited'; running: number };

/**
 * Raised when an agent that knows only the older records could misunderstand the newer ones. 2: orders name a user, a
 * directory and a launcher, which an agent of version 1 would not heed.
 */
export const journalVersion = 2;

/** The records there are, and whether each has to be synced before anything that depends on it. */
export const synced = {
  journal: true,
  received: true,
  intended: true,
  started: false,
  placing: true,
  dying: true,
  ended: true,
  reported: false,
  powering: true,
  forgotten: false,
  handed: false,
  limited: false,
} satisfies Record<JournalRecord['is'], boolean>;

/** Which memory this is, and what it keeps of what it has forgotten. */
export interface Heading {
  id: string;
  highestOffer: number;
  /** Offers below this number have been forgotten and never start again. */
  forgottenBefore: number;
  /** The controller's memory that the journal was last handed to. */
  epoch?: string;
  /** How many executions at once the controller said last. */
  running?: number;
}

/** The start was decided, in this boot of the machine; `attempt` names the task folder. */
export interface Intent {
  attempt: number;
  bootId: string;
  at: string;
}

/** The new file waits under its temporary name; in this boot of the machine its inode tells it from any other. */
export interface Placing {
  inode: string;
  /** Agents before this version did not write it. */
  bootId?: string;
  at: string;
}

/** What is done on the machine, in contrast to a stop. */
export type Task = RunOrder | SendOrder;

export interface Start {
  pid: number;
  startTicks: number;
  at: string;
}

/** What is still asked of the machine, by a script that ran in this boot of it. */
export interface Power {
  action: PowerAction;
  bootId: string;
}

/** What bounds an execution from its start to its end. */
export type Limits = Pick<RunOrder, 'timeoutSeconds' | 'terminationMode' | 'graceSeconds'>;

/** Why the agent began to kill it. */
export type Cause = 'timeout' | 'stop' | 'output';

/** `crc32-hex json`, with its newline. */
export function encodeRecord(record: JournalRecord): string {
  const json = JSON.stringify(record);
  return `${checksum(json)} ${json}\n`;
}

/** The record in a line (without its newline); undefined if it is damaged, or of a kind that is not known. */
export function decodeRecord(line: string): JournalRecord | undefined {
  const json = line.slice(9);
  if (line[8] !== ' ' || line.slice(0, 8) !== checksum(json)) return undefined;
  try {
    const record: JournalRecord | null = JSON.parse(json);
    return record !== null && Object.hasOwn(synced, record.is) ? record : undefined;
  } catch {
    return undefined;
  }
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}
