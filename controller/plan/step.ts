import type { ConcurrencyPolicy } from '../../schemas/generated/invocation.ts';
import type { Content } from '../manifest/catalog.ts';
import type { CommandRecord, InvocationRecord, Run, Work } from '../run/run.ts';

/**
 * One thing that a plan says to do. Each is applied as one transition: all of it or nothing. Steps that cancel or
 * stop name the run; apply finds its executions.
 */
export type Step =
  /** A Command is new or changed: its record follows. */
  | { do: 'recordCommand'; record: CommandRecord; script: string; content?: Content }
  | { do: 'forgetCommand'; name: string }
  /** A new run. What the run before it has not started is cancelled. */
  | {
      do: 'accept';
      run: Run;
      record: InvocationRecord;
      script?: string;
      /** What has to be kept before it is accepted. */
      content?: Content;
      instances: string[];
      supersedes?: string;
    }
  /** The manifest asks for a run that exists: nothing executes. What another run has not started is cancelled. */
  | { do: 'reinstate'; record: InvocationRecord; content?: Content; supersedes?: string }
  /** More instances for a run: those of them that have no execution of it get one. */
  | { do: 'extend'; run: string; invocation: string; instances: string[] }
  /** What has not started on these instances is cancelled. */
  | { do: 'withdraw'; run: string; invocation: string; instances: string[]; reason: string }
  /** Everything of the run is stopped. */
  | { do: 'stop'; run: string; invocation: string; reason: string }
  /** The manifest is gone. */
  | { do: 'delete'; record: InvocationRecord; kill: boolean }
  /** One Invocation goes on under another name: `run` stands for `from`'s run, and nothing executes. */
  | { do: 'rename'; from: InvocationRecord; record: InvocationRecord; run: Run }
  /** A run that recurs goes on with what its manifest and its Command say now. */
  | {
      do: 'follow';
      run: string;
      invocation: string;
      now: Pick<Run, 'work' | 'repeat' | 'deliverySeconds'>;
      script?: string;
      content?: Content;
    }
  | FireStep
  /** An instance has booted: what waited for that is due (`fires`), and waits for the next boot (`again`). */
  | {
      do: 'boot';
      run: string;
      invocation: string;
      execution: string;
      /** The boot that it waits for another one than, and when (ISO time) that was. */
      after: string;
      since: string;
      again: boolean;
      fires?: Firing;
    }
  /** These were not delivered in time. */
  | { do: 'abort'; run: string; invocation: string; executions: string[] }
  /** All executions of the occurrence have ended. */
  | { do: 'close'; run: string; invocation: string; occurrence: string }
  /** Only what is known about the manifest changes. */
  | { do: 'update'; record: InvocationRecord }
  /** Nothing of the run can change by itself any more. */
  | { do: 'settle'; run: string; invocation: string };

/** A tick has come, or several: the executions that wait for the one that was ahead are due, and wait for the next. */
export interface FireStep {
  do: 'fire';
  run: string;
  invocation: string;
  ahead: { occurrence: string; at: string };
  /** Only the executions in this zone, of a schedule in Local time. */
  zone?: string;
  concurrency: ConcurrencyPolicy;
  fires?: Firing;
  /** Ticks from the one ahead on that do not fire. */
  missed?: { reason: string; ticks: number; through: string };
  /** The newest tick that has been now: the next one comes after it. */
  lastTick: string;
}

/** An occurrence that is due, and what it executes. */
export interface Firing {
  occurrence: string;
  at: string;
  commit: string;
  work: Work;
  script?: string;
  deliverBefore: string;
}

/** Something that waits for `groundcrew ack ID`. */
export interface PlannedHold {
  id: string;
  reason: 'PossibleRename' | 'ManyDeletions' | 'ManyTargets' | 'NonFastForward';
  message: string;
  /** The Invocation it is about, if it is about one. */
  invocation?: string;
}

/** Something to know about an Invocation that the plan did not put in force as written. */
export interface Note {
  type: 'Accepted' | 'Held' | 'AlreadyExecuted';
  reason: string;
  message: string;
}

export interface Plan {
  steps: Step[];
  holds: PlannedHold[];
  /** By Invocation. */
  notes: Map<string, Note[]>;
  /** Holds that a person had released and that this plan acts on. */
  released: string[];
  /** Runs whose members were asked for and are not known: with them the plan has to be made once more. */
  membersNeeded: string[];
  /** Runs with executions that are late and wait for their turn: to be looked at again soon. */
  recheck: string[];
}
