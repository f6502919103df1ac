import type { End, Facts } from '../../schemas/generated/wire.ts';
import type { Execution, Stop } from '../run/execution.ts';
import type { Occurrence } from '../run/occurrence.ts';
import type { CommandRecord, InvocationRecord, Run } from '../run/run.ts';

/** What is kept, by table: the value of each row. Keys are text; rows of a table come in the order of their keys. */
export interface Tables {
  /** By name. */
  command: CommandRecord;
  /** By name. */
  invocation: InvocationRecord;
  /** By run id. */
  run: Run;
  /** Script text by its SHA-256. */
  script: { text: string };
  /** By run and occurrence: those of a run are together. Only of runs that recur. */
  occurrence: Occurrence;
  /** Where a person stopped a run that recurs, if not everywhere: nothing of it starts there any more. By run.instance. */
  memberStop: Stop;
  /** What a Command was given as its content, by name:time (ISO): those of a Command are together, the oldest first. */
  commandEdit: { digest: string; type: string; commit: string; at: string };
  /** What occurrences that are kept no longer have run of a Command, by name:digest. */
  commandPast: CommandPast;
  /** By execution id: those of a run are together, and in it those of an occurrence. */
  execution: Execution;
  /** By execution id. */
  output: Output;
  /** By instance id. */
  instance: Instance;
  /** By the SHA-256 of the code. */
  enrolmentCode: EnrolmentCode;
  /** What an agent's journal knows of and this store did not, by execution id: it must not run again. */
  claim: { execution: string; offer: number; startedAt?: string; end?: End };
  /** What a person released, by the hold's id. */
  ack: { by: string; reason: string; at: string };
  /** Operator tokens by the SHA-256 of the token. */
  token: { name: string; createdAt: string };
  /** Single values by name. */
  meta: string | number;
}

export type Table = keyof Tables;

/** Output as it is kept: the first and the last bytes (Base64), and how many there were in all. */
export interface Output {
  head: string;
  tail: string;
  /** Where the tail begins, counted from the first byte of the output. */
  tailOffset: number;
  /** How many bytes are known to have been written, kept or not. */
  bytes: number;
}

/** Executions of one content of a Command, added up. */
export interface CommandPast {
  digest: string;
  /** Of the first that ran. */
  commit: string;
  firstRun: string;
  lastRun: string;
  executions: number;
  invocations: readonly string[];
}

/** One machine with an agent. */
export interface Instance {
  id: string;
  name: string;
  /** Given by the enrolment code: the agent cannot choose them. */
  labels: Readonly<Record<string, string>>;
  /** What the agent says of itself; `labels` win. */
  ownLabels: Readonly<Record<string, string>>;
  /** Ed25519, raw, Base64. */
  publicKey: string;
  facts: Facts;
  enrolledAt: string;
  /** ISO time of its last boot, where that is known. */
  bootedAt?: string;
  /** The last offer number given to it. */
  offers: number;
  /** The agent's memory (journal id) that has been handed over to this store. */
  journal?: string;
  /** The highest offer number that this memory is known to have held. */
  arrived?: number;
}

export interface EnrolmentCode {
  /** First characters of the hash: names the code without telling it. */
  id: string;
  usesLeft: number;
  expiresAt: string;
  labels: Readonly<Record<string, string>>;
}

export type Change = {
  [T in Table]: { put: T; key: string; value: Tables[T] } | { delete: T; key: string };
}[Table];

export interface Range {
  /** Only keys that begin with it. */
  prefix?: string;
  /** Only keys after this one: in the order that they are listed in. */
  after?: string;
  /** The last key first. */
  backwards?: true;
  /** At most so many rows. */
  limit?: number;
}

/**
 * Where the controller keeps what it must not forget. Every implementation passes store.contract.ts.
 * Any rejection of commit (StoreFailed) is final: the caller must stop and open the store again (what is on disk is
 * then unknown).
 * A read sees every commit that was called before it, and only what is on disk: it waits for what is under way.
 */
export interface Store {
  /** Names this memory. A store that was made new has another one. */
  readonly epoch: string;
  get<T extends Table>(table: T, key: string): Promise<Tables[T] | undefined>;
  /** Rows in the order of their keys (UTF-8 bytes), or in the opposite one, as of one moment. */
  list<T extends Table>(table: T, range?: Range): AsyncIterable<[key: string, value: Tables[T]]>;
  /** All of it or nothing, on disk when it resolves. Commits take effect in the order of the calls; concurrent ones share a sync. */
  commit(changes: readonly Change[]): Promise<void>;
  close(): Promise<void>;
}
