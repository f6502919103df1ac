// DATA/status.git: a bare copy of the status branch, in which commits are made. It is only a cache: when it is
// broken it is thrown away and fetched again.
//
// refs/groundcrew/tip is the last commit that the remote is known to have, or the one being pushed to it.
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { GitAccess } from '../source/access.ts';
import { type Address, showAddress } from '../source/address.ts';
import { askRemote, RemoteStopped } from '../source/ask-remote.ts';
import { branchRef } from '../source/branch-ref.ts';
import { type GitEnvironment, type GitResult, gitVariables, runGit } from '../source/git.ts';
import type { ObjectFormat } from '../source/git-folder.ts';
import { Refused } from '../source/refused.ts';
import { type BranchFault, branchFault } from './branch-fault.ts';

export const tipRef = 'refs/groundcrew/tip';

export interface StatusRepository {
  /** Full name of the branch on the remote. */
  readonly ref: string;
  readonly address: Address;
  /** What git is given for it. */
  readonly url: string;
  /** Runs git in the copy. Any failure throws RepositoryBroken. */
  local(args: readonly string[], input?: string | Buffer): Promise<Buffer>;
  /** Runs git against the remote, with the writing credentials. */
  remote(args: readonly string[]): Promise<GitResult | BranchFault>;
  /** Makes the copy name its objects as the remote does; one that does not is thrown away. */
  useFormat(format: ObjectFormat): Promise<void>;
  /** Throws the copy away; the next command makes an empty one. */
  renew(): Promise<void>;
  /** Whether the signal was given: nothing works any more then. */
  isStopped(): boolean;
}

export interface StatusRepositoryOptions {
  folder: string;
  /** The writing one. */
  access: GitAccess;
  environment: GitEnvironment;
  branch: string;
  signal: AbortSignal;
}

export class RepositoryBroken extends Error {}

/** The copy in this folder; made if it is not there. Throws Refused for a branch name that cannot be one. */
export function statusRepository(options: StatusRepositoryOptions): StatusRepository {
  const { folder, access, environment, signal } = options;
  // Later configuration wins: the copy is tidied on request (tidy-repository.ts), in this process group.
  const config = [
    ['gc.autoDetach', 'false'],
    ['gc.auto', '2000'],
    ['gc.autoPackLimit', '20'],
    ['pack.threads', '1'],
    ['receive.autogc', 'false'],
  ] as const;
  const variables = gitVariables(environment, config, { GIT_DIR: folder });
  let ready: Promise<void> | undefined;
  let format: ObjectFormat = 'sha1';

  async function local(args: readonly string[], input?: string | Buffer): Promise<Buffer> {
    await prepared();
    return run(args, input);
  }

  async function run(args: readonly string[], input?: string | Buffer): Promise<Buffer> {
    const options = { variables, cwd: folder, signal, maxOutput: 1 << 30, timeout: 600_000 };
    const result = await runGit(args, input === undefined ? options : { ...options, input }).catch(broken);
    if (result.exitCode === 0) return result.stdout;
    return broken(`git ${args[0]} failed in ${folder}: ${result.stderr.trim()}`);
  }

  function prepared(): Promise<void> {
    ready ??= make().catch((error: unknown) => {
      ready = undefined;
      return broken(error);
    });
    return ready;
  }

  async function make(): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const isThere = await stat(join(folder, 'HEAD')).catch(() => undefined);
    const how = isThere === undefined ? [`--object-format=${format}`] : [];
    await run(['init', '--quiet', '--bare', '--initial-branch=none', ...how]);
    const found = (await run(['rev-parse', '--show-object-format'])).toString().trim();
    format = found === 'sha256' ? 'sha256' : 'sha1';
  }

  async function renew(): Promise<void> {
    await rm(folder, { recursive: true, force: true }).catch(broken);
    ready = undefined;
  }

  return {
    ref: branchRef(options.branch),
    address: access.address,
    url: showAddress(access.address),
    local,
    async remote(args) {
      await prepared();
      try {
        return await askRemote(args, {
          access,
          environment,
          cwd: folder,
          gitDir: folder,
          timeout: 120_000,
          signal,
        });
      } catch (error) {
        if (error instanceof Refused) return branchFault('Misconfigured', error.message, error.hint);
        if (error instanceof RemoteStopped) return branchFault('Unreachable', error.message);
        throw error;
      }
    },
    async useFormat(wanted) {
      await prepared();
      if (format === wanted) return;
      format = wanted;
      await renew();
    },
    renew,
    isStopped: () => signal.aborted,
  };
}

function broken(cause: unknown): never {
  const message = cause instanceof Error ? cause.message : String(cause);
  throw cause instanceof RepositoryBroken ? cause : new RepositoryBroken(message);
}
