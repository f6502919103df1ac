// Commands that talk to another repository: ls-remote, fetch, push. They run through simple-git, which refuses
// options that would run a program of somebody's choice; what it refuses in the environment is allowed here by
// name, because that environment is built by git.ts and access.ts alone.
//
// On the time limit simple-git interrupts git, and git ends the helpers that it started.
import { simpleGit } from 'simple-git';
import { type GitAccess, readCredentials, redact } from './access.ts';
import { type GitEnvironment, type GitResult, gitVariables } from './git.ts';
import { Refused } from './refused.ts';
import { safeFolderVariables } from './safe-folders.ts';

export interface RemoteOptions {
  access: GitAccess;
  environment: GitEnvironment;
  /** An existing folder; the repository to work in is named with `gitDir`. */
  cwd: string;
  gitDir?: string;
  /** Milliseconds until it is stopped. */
  timeout: number;
  signal?: AbortSignal;
}

/** Why a command did not get as far as an exit code. */
export class RemoteStopped extends Error {
  readonly reason: 'timeout' | 'aborted' | 'output' | 'not started';

  constructor(message: string, reason: RemoteStopped['reason']) {
    super(message);
    this.name = 'RemoteStopped';
    this.reason = reason;
  }
}

const maxOutput = 4 * 1024 * 1024;

/**
 * Runs a git command against a remote, with the credentials as they are now. Resolves with the exit code and
 * with what was printed, secrets taken out; rejects with RemoteStopped, or Refused for unusable credentials.
 * Give the command a flag that makes it print something: simple-git waits 50 ms more for a silent one.
 */
export async function askRemote(args: readonly string[], options: RemoteOptions): Promise<GitResult> {
  refuseForce(args);
  const credentials = await readCredentials(options.access);
  const variables = gitVariables(options.environment, credentials.config, {
    ...credentials.variables,
    ...(await safeFolderVariables(options.access.address, options.environment)),
    ...(options.gitDir === undefined ? {} : { GIT_DIR: options.gitDir }),
  });
  const limit = new AbortController();
  let reason: RemoteStopped['reason'] = 'not started';
  const stop = (why: RemoteStopped['reason']): void => {
    if (limit.signal.aborted) return;
    reason = why;
    limit.abort();
  };
  const timer = setTimeout(() => stop('timeout'), options.timeout);
  const onAbort = (): void => stop('aborted');
  options.signal?.addEventListener('abort', onAbort, { once: true });
  if (options.signal?.aborted === true) onAbort();
  let result: GitResult | undefined;
  const git = simpleGit({
    baseDir: options.cwd,
    abort: limit.signal,
    allowEnvironment: Object.keys(variables),
    unsafe: {
      allowUnsafeConfigEnvCount: true,
      allowUnsafeConfigPaths: true,
      allowUnsafeSshCommand: true,
      allowUnsafeHooksPath: true,
      allowUnsafeFsMonitor: true,
      allowUnsafePager: true,
      allowUnsafeProtocolOverride: true,
    },
    errors(error, { exitCode, stdOut, stdErr }) {
      // An exit code is an answer, whatever it is. Without one git was stopped or never ran.
      if (limit.signal.aborted || !(exitCode >= 0 && exitCode <= 255))
        return error ?? new Error('it was ended');
      const clean = (text: Buffer[]): string => redact(Buffer.concat(text).toString(), credentials.secrets);
      result = { exitCode, stdout: Buffer.from(clean(stdOut)), stderr: clean(stdErr) };
      return undefined;
    },
  }).env(variables);
  git.outputHandler((_command, stdout, stderr) => {
    let size = 0;
    const count = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > maxOutput) stop('output');
    };
    stdout.on('data', count);
    stderr.on('data', count);
  });
  try {
    const printed = await git.raw([...args]);
    return result ?? { exitCode: 0, stdout: Buffer.from(redact(printed, credentials.secrets)), stderr: '' };
  } catch (error) {
    const said = error instanceof Error ? redact(error.message, credentials.secrets) : 'it failed';
    throw new RemoteStopped(stoppedText(args[0] ?? '', reason, options.timeout, said), reason);
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', onAbort);
  }
}

/** What others wrote is never overwritten: a push has no force in any of its spellings. */
function refuseForce(args: readonly string[]): void {
  if (args[0] !== 'push') return;
  const forced = args.slice(1).find((arg) => /^(\+|-f$|--(force|mirror|delete|prune))/.test(arg));
  if (forced !== undefined)
    throw new Refused(`push must not be forced: ${forced}`, 'Push a descendant of the tip.');
}

function stoppedText(
  command: string,
  reason: RemoteStopped['reason'],
  timeout: number,
  said: string,
): string {
  switch (reason) {
    case 'timeout':
      return `git ${command} took longer than ${timeout / 1000} s`;
    case 'aborted':
      return `git ${command} was stopped`;
    case 'output':
      return `git ${command} printed more than ${maxOutput} bytes`;
    case 'not started':
      return `git ${command} cannot be run: ${said}`;
  }
}
