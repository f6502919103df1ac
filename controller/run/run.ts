import type { CommandType } from '../../schemas/generated/definitions.ts';
import type { DeletionPolicy, TerminationMode } from '../../schemas/generated/invocation.ts';
import type { Blob } from '../../schemas/generated/wire.ts';
import type { FileSpec, Repeat } from '../manifest/catalog.ts';
import type { Stop } from './execution.ts';

/**
 * One accepted version of an Invocation. Its id is derived from its digest. One that runs once is pinned to what it
 * executes; one that recurs follows its Command, and each occurrence says what it executed (occurrence.ts).
 */
export interface Run {
  id: string;
  digest: string;
  /** The digest without the Invocation's name: equal where only the name differs (a rename). */
  digestWithoutName: string;
  invocation: string;
  work: Work;
  repeat: Repeat;
  /** How long an instance may stay away before it does not get an execution any more. */
  deliverySeconds: number;
  acceptedAt: string;
  source: { commit: string; path: string; line: number };
  /** Of a schedule: its newest tick (ISO time) that has been, fired or missed. No tick up to it comes again. */
  lastTick?: string;
  /** Set when the whole run was asked to stop; late joiners do not start either. */
  stopped?: Stop;
  /** It is known from the status branch only, without its executions. */
  adopted?: true;
  /** Set once nothing of it can change by itself any more: how its executions ended, by phase. */
  settled?: {
    at: string;
    phases: Readonly<Partial<Record<string, number>>>;
    /** What is kept no longer: the outputs of its executions; some or all of their records. */
    removed?: 'outputs' | 'some' | 'all';
  };
}

/** Whether not every execution of it has a record here: nobody can say where it has not run. */
export function isIncomplete({ adopted, settled }: Run): boolean {
  return adopted === true || settled?.removed === 'some' || settled?.removed === 'all';
}

/** Whether it has occurrences of its own, rather than the one called `once`. */
export function recurs({ mode }: Repeat): boolean {
  return mode === 'Period' || mode === 'NextRebootOnly' || mode === 'EveryReboot';
}

/** Whether it goes on until it is stopped: its instances are those where something of it is to come. */
export function goesOn({ mode }: Repeat): boolean {
  return mode === 'Period' || mode === 'EveryReboot';
}

/** What an execution does. */
export type Work = ScriptWork | FileWork;

export interface ScriptWork {
  does: 'run';
  command: PinnedCommand;
  /** Values by lower-case name, defaults filled in. */
  parameters: Readonly<Record<string, string>>;
  timeoutSeconds: number;
  terminationMode: TerminationMode;
  workingDir?: string;
  username?: string;
  launcher?: string;
}

export interface FileWork {
  does: 'send';
  file: FileSpec;
  timeoutSeconds: number;
}

/** A command as it was at a time. The script is in the table `script` under scriptDigest, or a blob. */
export interface PinnedCommand {
  name?: string;
  type: CommandType;
  scriptDigest: string;
  /** Set for a large script. */
  blob?: Blob;
}

/** What is in force for one Invocation name. Kept after the manifest is gone. */
export interface InvocationRecord {
  name: string;
  path: string;
  /** Digest of the targets as written: they are resolved anew only when it changes. */
  targetsDigest: string;
  /** The run in force. */
  run: string;
  /** Runs of earlier versions, newest first. */
  pastRuns: readonly string[];
  /** Set if `run` was not started by its newest acceptance: it had executed before (a revert, a deletion undone). */
  alreadyExecuted?: { commit: string; at: string };
  lateJoiners: 'Ignore' | 'Run';
  deletionPolicy: DeletionPolicy;
  stop: boolean;
  /** The manifest is gone. */
  deleted?: { commit: string; at: string };
}

/** The last accepted version of a Command: stays in force while its file cannot be read. */
export interface CommandRecord {
  name: string;
  path: string;
  line: number;
  commit: string;
  type: CommandType;
  scriptDigest: string;
  /** Set for a large script. */
  blob?: Blob;
  description?: string;
  parameters: readonly {
    name: string;
    default?: string;
    required: boolean;
    enum?: readonly string[];
    pattern?: string;
  }[];
  timeoutSeconds: number;
  workingDir?: string;
  username?: string;
  launcher?: string;
}

/** What an agent has to be given besides the order: the file, or the large script. */
export function blobOfWork(work: Work): Blob | undefined {
  return work.does === 'send' ? work.file.blob : work.command.blob;
}
