// The wrapper: a constant /bin/sh program that runs the script and outlives the agent. It is its own session and
// process group, with nothing on stdin and no pipe to the agent.
//
// 1. It claims the start with O_EXCL (`set -C`) before it runs anything: of all that ever try to start an
//    execution in one folder, one does. A claim holds the wrapper's pid before the script runs: if the wrapper
//    ended with 125 and the claim is missing or empty, the script never ran (on a full disk). The output file
//    is made before the claim, since a shell that cannot make it does not run the script either.
// 2. It survives the TERM that its group gets, so that the exit code is written; the script has default signals
//    again, because a trap is not inherited.
// 3. It writes the exit code in one write that ends with a newline: a reader sees none of it or all of it.
import { spawn } from 'node:child_process';
import type { TaskFolder } from './task-folder.ts';

/** The wrapper's code where it could not begin; a script may end with it too. */
export const notBegun = 125;

const program = `umask 077
true 2>/dev/null >>"$1/output" || exit ${notBegun}
set -C
echo $$ 2>/dev/null >"$1/started" || exit ${notBegun}
set +C
trap : TERM INT HUP
gc_task=$1
shift
"$@" >>"$gc_task/output" 2>&1
gc_code=$?
echo $gc_code >"$gc_task/exit"
exit $gc_code`;

/** How the wrapper ended: with the script's code if it claimed the start, by a signal if somebody killed it. */
export interface WrapperEnd {
  code: number | null;
}

export interface StartedWrapper {
  pid: number;
  ended: Promise<WrapperEnd>;
}

/** `NAME=value` by which every process of an execution is known. */
export function cookieOf(execution: string): string {
  return `GROUNDCREW_EXECUTION=${execution}`;
}

/** Runs a command line with this environment and no other. Resolves when the process exists; rejects if it cannot be made, and then nothing was run. */
export function startWrapper(
  folder: TaskFolder,
  commandLine: string[],
  environment: Record<string, string>,
  directory: string,
): Promise<StartedWrapper> {
  return new Promise((resolve, reject) => {
    const argv = ['-c', program, 'groundcrew', folder.path, ...commandLine];
    const options = { cwd: directory, env: environment, detached: true, stdio: 'ignore' } as const;
    const child = spawn('/bin/sh', argv, options);
    const ended = new Promise<WrapperEnd>((end) => child.once('exit', (code) => end({ code })));
    child.once('error', reject);
    child.once('spawn', () => {
      child.unref();
      // A spawned child has a pid.
      if (child.pid !== undefined) resolve({ pid: child.pid, ended });
    });
  });
}
