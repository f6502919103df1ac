import type { Problem } from '../../schemas/problem.ts';

/** Something that a person has to release with `groundcrew ack ID`. */
export interface Hold {
  id: string;
  reason: string;
  message: string;
  since: string;
}

/** A condition of the controller or of an object: true or not since a time. */
export interface Condition {
  type: string;
  status: 'True' | 'False';
  reason: string;
  message: string;
  since: string;
}

/** What a pass leaves behind for people: all that status needs and the ledger does not hold. */
export interface Outcome {
  /** The commit that is in force; absent before the first one. */
  acceptedCommit?: string;
  /** Of the newest snapshot that was read, by file and line. */
  problems: readonly Problem[];
  /** Conditions of Invocations, by name (Accepted, Held, AlreadyExecuted, …). Names without any are absent. */
  invocationConditions: ReadonlyMap<string, readonly Condition[]>;
  holds: readonly Hold[];
  /** Of the controller itself: SourceReady, SnapshotValid. */
  conditions: readonly Condition[];
}
