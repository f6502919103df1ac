import type { Command } from 'commander';
import type { ExitCode } from './exit-code.ts';

/** Where a command writes, and what it takes from outside. The real ones come from program.ts. */
export interface Surroundings {
  stdout: Writable;
  stderr: Writable;
  env: Readonly<Record<string, string | undefined>>;
  now: () => number;
}

/** What a command needs of a stream. */
export interface Writable {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

/**
 * One command of the command line. `define` adds its options and arguments; the action hands its exit code to
 * `finish`, or throws a Failure.
 */
export interface SubCommand {
  define(command: Command, surroundings: Surroundings, finish: (code: ExitCode) => void): void;
}
