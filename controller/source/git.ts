// The one place that starts git. Owns: the environment and configuration that git runs with, the wall clock,
// the bound on output, the end of the process group. Whoever needs git goes through here or ask-remote.ts.
//
// 1. Nothing is inherited: the environment is built from a list, so no GIT_*, no proxy and no user's
//    configuration gets in.
// 2. Configuration comes by GIT_CONFIG_COUNT, which has the rank of `-c`: it wins over what a repository says,
//    reaches the helpers that git starts, and keeps every argument out of the process list. It does not reach the
//    upload-pack or receive-pack of a repository on this machine: see safe-folders.ts.
// 3. Arguments are fixed words, object ids and checked refs; there is no shell.
import { spawn } from 'node:child_process';

/** Where git is found and what it takes for home: an empty folder of ours. */
export interface GitEnvironment {
  /** The PATH to look git and ssh up in. */
  searchPath: string;
  home: string;
  /** The user's own home, for what safe-folders.ts takes from there; without it nothing is taken. */
  userHome?: string;
}

export interface GitResult {
  /** -1 if it was killed. */
  exitCode: number;
  stdout: Buffer;
  stderr: string;
}

export interface GitOptions {
  variables: Readonly<Record<string, string>>;
  cwd?: string;
  input?: string | Buffer;
  /** Milliseconds until it is killed. */
  timeout?: number;
  /** Most bytes of stdout; more is an error. */
  maxOutput?: number;
  signal?: AbortSignal;
}

const hardened: readonly (readonly [string, string])[] = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.symlinks', 'false'],
  ['core.untrackedCache', 'false'],
  ['core.pager', 'cat'],
  ['transfer.fsckObjects', 'true'],
  ['protocol.ext.allow', 'never'],
  ['submodule.recurse', 'false'],
  ['fetch.recurseSubmodules', 'false'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['http.followRedirects', 'false'],
  ['http.lowSpeedLimit', '100'],
  ['http.lowSpeedTime', '30'],
  ['advice.detachedHead', 'false'],
];

/** The whole environment of a git process. `config` is added to what is always set; `variables` come last. */
export function gitVariables(
  environment: GitEnvironment,
  config: readonly (readonly [key: string, value: string])[] = [],
  variables: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const all = [...hardened, ...config];
  const made: Record<string, string> = {
    PATH: environment.searchPath,
    HOME: environment.home,
    LANG: 'C',
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_NO_LAZY_FETCH: '1',
    GIT_ALLOW_PROTOCOL: 'none',
    GIT_CONFIG_COUNT: String(all.length),
  };
  for (const [index, [key, value]] of all.entries()) {
    made[`GIT_CONFIG_KEY_${index}`] = key;
    made[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  return { ...made, ...variables };
}

/**
 * Runs one git command that stays on this machine. Resolves with its exit code, whatever it is; rejects if it
 * could not be started, took too long, was aborted, or printed more than it may.
 */
export async function runGit(args: readonly string[], options: GitOptions): Promise<GitResult> {
  const { timeout = 120_000, maxOutput = 64 * 1024 * 1024, signal } = options;
  signal?.throwIfAborted();
  const child = spawn('git', args, {
    env: options.variables,
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  return await new Promise((resolve, reject) => {
    let failure: Error | undefined;
    const stop = (error: Error): void => {
      failure ??= error;
      killGroup(child.pid);
    };
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let size = 0;
    let complaints = 0;
    const onAbort = (): void => stop(new Error(`git ${args[0]} was stopped`));
    const timer = setTimeout(() => stop(new Error(`git ${args[0]} took longer than ${timeout} ms`)), timeout);
    signal?.addEventListener('abort', onAbort, { once: true });
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxOutput) stop(new Error(`git ${args[0]} printed more than ${maxOutput} bytes`));
      else stdout.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      complaints += chunk.length;
      if (complaints <= 64 * 1024) stderr.push(chunk);
    });
    child.on('error', (error) => {
      failure ??= new Error(`git cannot be started: ${error.message}`, { cause: error });
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      if (failure !== undefined) reject(failure);
      else
        resolve({
          exitCode: code ?? -1,
          stdout: Buffer.concat(stdout),
          stderr: Buffer.concat(stderr).toString(),
        });
    });
    child.stdin.on('error', () => undefined); // it may end before it has read everything: the exit code tells
    child.stdin.end(options.input);
  });
}

/** Ends a process that was started with a group of its own, and everything that it started. */
export function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}
