import type { CommandType, Labels } from '../../schemas/generated/definitions.ts';
import type {
  ConcurrencyPolicy,
  DeletionPolicy,
  LateJoiners,
  Selector,
  TerminationMode,
} from '../../schemas/generated/invocation.ts';
import type { Blob } from '../../schemas/generated/wire.ts';
import type { Place, Problem } from '../../schemas/problem.ts';

/** Of a command and of a file that is sent, if nothing is said. */
export const usualTimeoutSeconds = 60;

/** A script with everything that decides how it runs, defaults filled in. */
export interface CommandSpec {
  type: CommandType;
  /** The script as text, from wherever the manifest has it. Empty if it is a large one. */
  script: string;
  /** SHA-256 (hex) of the script. */
  scriptDigest: string;
  /** Set for a script that is too large for an order: it is run as it is. */
  large?: Content;
  parameters: readonly ParameterDefinition[];
  timeoutSeconds: number;
  workingDir?: string;
  username?: string;
  launcher?: string;
  description?: string;
}

/** What is kept by its digest, and where its bytes are: in a file of the commit, by Git's id, or at hand. */
export interface Content {
  blob: Blob;
  from: { git: string } | { bytes: Buffer };
}

/** A file that is put on instances, defaults filled in. */
export interface FileSpec {
  name: string;
  targetDir: string;
  owner?: string;
  group?: string;
  /** Octal. */
  mode: string;
  overwrite: boolean;
  blob: Blob;
}

/** When an Invocation runs: once, on a schedule, at boots, or not at all but for its checks. */
export type Repeat =
  | { mode: 'Once' }
  | { mode: 'DryRun' }
  | { mode: 'NextRebootOnly' }
  | { mode: 'EveryReboot' }
  | {
      mode: 'Period';
      /** As it is written; manifest/schedule/ has found nothing against it. */
      frequency: string;
      /** ISO time; no tick after it. */
      until?: string;
      startingDeadlineSeconds: number;
      concurrency: ConcurrencyPolicy;
    };

export interface ParameterDefinition {
  /** Lower case: case does not matter in parameter names. */
  name: string;
  description?: string;
  default?: string;
  required: boolean;
  enum?: readonly string[];
  pattern?: string;
}

interface CatalogObject {
  name: string;
  /** Where its name stands. */
  place: Place;
  labels: Labels;
  annotations: Readonly<Record<string, string>>;
}

export interface CatalogCommand extends CatalogObject {
  kind: 'Command';
  spec: CommandSpec;
}

export interface CatalogInvocation extends CatalogObject {
  kind: 'Invocation';
  /** A Command by reference, an inline one (kept: also a Command of the Invocation's name), or a file to send. */
  does:
    | { ref: string; place: Place }
    | { inline: CommandSpec; isKept?: true }
    | { send: FileSpec; content: Content };
  /** Values by lower-case name, each with its place. */
  parameters: ReadonlyMap<string, { value: string; place: Place }>;
  targets: {
    /** Ids or names as they are written; undefined if only a selector is given. */
    instances?: readonly string[];
    selector?: Selector;
    lateJoiners: LateJoiners;
  };
  /** These override the command's. */
  timeoutSeconds?: number;
  workingDir?: string;
  username?: string;
  launcher?: string;
  terminationMode: TerminationMode;
  repeat: Repeat;
  /** Where the frequency's text begins, if there is one. */
  frequencyPlace?: Place;
  untilPlace?: Place;
  /** How long an instance may stay away before it does not get the execution any more. */
  deliverySeconds: number;
  stop: boolean;
  rerun?: string;
  deletionPolicy: DeletionPolicy;
}

/** What a snapshot says, as far as it can be understood. An entry that did not change is the same JS object as before. */
export interface Catalog {
  commit: string;
  /** Numbers the catalogs of one reader. */
  revision: number;
  /** The names for which this catalog may say something else than the one of that revision, where that is known. */
  changesFrom?: { revision: number; commands: ReadonlySet<string>; invocations: ReadonlySet<string> };
  commands: ReadonlyMap<string, CatalogCommand>;
  invocations: ReadonlyMap<string, CatalogInvocation>;
  /** By file, line and column. */
  problems: readonly Problem[];
  /**
   * Names whose manifests exist but cannot be used (invalid, duplicate), and Commands that are missing while an
   * Invocation refers to them: their last accepted version stays in force. `path/name` is not in here: the sets are
   * by name.
   */
  broken: { commands: ReadonlySet<string>; invocations: ReadonlySet<string> };
  /** Files whose documents could not all be told by name: nothing that they used to declare may be pruned. */
  unreadable: ReadonlySet<string>;
  /** Every manifest file of the snapshot, readable or not. */
  paths: { has(path: string): boolean };
}
