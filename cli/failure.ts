import { type ExitCode, exitCode } from './exit-code.ts';

/** Ends a command: what went wrong, what to do about it, and the exit code. Shown without a stack. */
export class Failure extends Error {
  readonly hint: string;
  readonly code: ExitCode;

  constructor(message: string, hint: string, code: ExitCode = exitCode.failed) {
    super(message);
    this.name = 'Failure';
    this.hint = hint;
    this.code = code;
  }
}
