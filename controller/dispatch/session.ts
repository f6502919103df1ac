import type { Buffer } from 'node:buffer';

/** One conversation with an agent, in memory only: after a restart agents open a new one. */
export interface Session {
  readonly id: string;
  readonly instance: string;
  readonly key: Buffer;
  /** The agent's memory, as it named it. */
  readonly journal: string;
  /** What the agent understands of orders. */
  readonly wire: number;
  /** The highest offer in that memory when the session was opened. */
  readonly highestOffer: number;
  /** Whether it is the memory that the orders went to, and nothing of it is gone. */
  readonly sameMemory: boolean;
  /** The agent still has to hand over its journal; holds the executions that it named so far. */
  handover: Set<string> | undefined;
  /** Whether a message came that only the agent could send: only then do older sessions end. */
  used: boolean;
  /** The last sequence number of each path. */
  sequences: { poll: number; report: number; blob: number };
  /** What was ordered in this session and when (ms), by execution; undefined while nothing was. */
  given: Map<string, { order: 'run' | 'stop'; at: number }> | undefined;
}

export type SessionPath = keyof Session['sequences'];
