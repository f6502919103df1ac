import { askRemote, type RemoteOptions } from './ask-remote.ts';
import { type RemoteFailure, readFailure, readRejection } from './remote-failure.ts';

/** Where a branch of a remote is. */
export type BranchListing =
  | { is: 'at'; commit: string }
  | { is: 'missing'; message: string; hint: string }
  | { is: 'failed'; failure: RemoteFailure };

/** Asks a remote, at the price of one small request, where a branch (a full ref) is. Nothing is fetched. */
export async function listBranch(ref: string, url: string, options: RemoteOptions): Promise<BranchListing> {
  const { address } = options.access;
  try {
    const { exitCode, stdout, stderr } = await askRemote(
      ['ls-remote', '--symref', '--', url, 'HEAD', ref],
      options,
    );
    if (exitCode !== 0) return { is: 'failed', failure: readFailure(stderr, address) };
    return readListing(stdout.toString('latin1'), ref);
  } catch (error) {
    return { is: 'failed', failure: readRejection(error, address) };
  }
}

/** Lines of `OID\tREF`, and `ref: REF\tHEAD` for the default branch. */
function readListing(output: string, ref: string): BranchListing {
  let hasCommits = false;
  let usual: string | undefined;
  for (const line of output.split('\n')) {
    const [left = '', name] = line.split('\t');
    const commit = /^([0-9a-f]{40}|[0-9a-f]{64})$/.exec(left)?.[1];
    if (commit !== undefined && name === ref) return { is: 'at', commit };
    hasCommits ||= commit !== undefined;
    if (name === 'HEAD') usual ??= /^ref: refs\/heads\/([A-Za-z0-9._/-]+)$/.exec(left)?.[1];
  }
  const branch = ref.replace('refs/heads/', '');
  if (!hasCommits) {
    return {
      is: 'missing',
      message: `The repository has no branch ${branch}; it may have no commit at all.`,
      hint: `Push a first commit to ${branch}, or give another branch with --branch.`,
    };
  }
  return {
    is: 'missing',
    message: `The repository has no branch ${branch}.`,
    hint:
      usual === undefined
        ? 'Give another one with --branch.'
        : `Its default branch is ${usual}: --branch ${usual}.`,
  };
}
