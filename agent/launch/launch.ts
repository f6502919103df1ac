// What the launch of a script is, whatever the platform.

/** How a script is started: which program, with which arguments, and what its file holds. */
export interface Launch {
  /** Absolute paths, or names to look up in PATH; the first that is there is run. */
  programs: string[];
  /** The arguments, given the path of the script's file. */
  args: (script: string) => string[];
  /** What the script's file holds. */
  content: string | Uint8Array;
  /** What is said if none of the programs is there. */
  missing: string;
}

/** Why an instance cannot run something, or put a file somewhere; it ends as Invalid before anything starts. Codes are Cloud Assistant's. */
export interface Refusal {
  refused:
    | 'AccountNotExists'
    | 'CommandNotApplicable'
    | 'DefaultWorkingDirectoryNotAvailable'
    | 'DirectoryNotExists'
    | 'FileAlreadyExists'
    | 'FileAuthorityInvalid'
    | 'FileNameInvalid'
    | 'FilePathInvalid'
    | 'InvalidCommandText'
    | 'UserGroupNotExists'
    | 'UserOrPasswordInvalid';
  message: string;
}

/** What a launch depends on, of the machine. */
export type Platform = { os: 'posix' } | { os: 'windows'; codePage: number };
