// The status branch as a place to put files: where it is, what it holds, and one commit on top of it.
//
// 1. A commit is made on the tip that the remote is known to have, and only if it changes something.
// 2. What others put on the branch stays, and its history only ever grows: a push never overwrites.
// 3. After anything went wrong the remote is asked again before the next commit.
import { type BranchFault, branchFault } from './branch-fault.ts';
import { type CommitMessage, commitFiles, type FileContent } from './commit-files.ts';
import { findTip, type Tip } from './find-tip.ts';
import { pushCommit } from './push-commit.ts';
import { RepositoryBroken, type StatusRepository } from './status-repository.ts';
import { tidier } from './tidy-repository.ts';

export type Put =
  | { is: 'put'; commit: string }
  /** Somebody else was faster: the branch has another tip now, that tip() tells. */
  | { is: 'moved' }
  | BranchFault;

export interface StatusBranch {
  /** Blob ids by path of what is on the branch; asks the remote if that is not known. */
  tip(): Promise<Tip | BranchFault>;
  /** The next tip() asks the remote. */
  forget(): void;
  /** One commit with these files on the tip, pushed. `blobs` has their ids; '' where the file goes. */
  put(
    files: ReadonlyMap<string, FileContent>,
    blobs: ReadonlyMap<string, string>,
    message: CommitMessage,
  ): Promise<Put>;
  /** Resolves when nothing works on the copy in the background. */
  idle(): Promise<void>;
}

export function statusBranch(repository: StatusRepository): StatusBranch {
  let known: Tip | undefined;
  let isCurrent = false;
  const tidy = tidier(repository);

  /** A broken copy is a fault like others, and makes a new copy. */
  async function guarded<T>(work: () => Promise<T>): Promise<T | BranchFault> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof RepositoryBroken)) throw error;
      isCurrent = false;
      known = undefined;
      await tidy.idle();
      if (!repository.isStopped()) await repository.renew().catch(() => undefined); // shows itself again
      return branchFault('RepositoryBroken', error.message);
    }
  }

  async function tip(): Promise<Tip | BranchFault> {
    if (isCurrent && known !== undefined) return known;
    const found = await guarded(() => findTip(repository, known));
    if (found.is === 'fault') return found;
    known = found;
    isCurrent = true;
    return found;
  }

  return {
    tip,
    forget: () => {
      isCurrent = false;
    },
    idle: tidy.idle,
    put: (files, blobs, message) =>
      guarded(async () => {
        const base = await tip();
        if (base.is === 'fault') return base;
        const commit = await commitFiles(repository, base.commit, files, message);
        isCurrent = false;
        const push = await pushCommit(repository, commit);
        if (push.is === 'fault') return push;
        if (push.is === 'rejected') {
          const now = await tip();
          if (now.is === 'fault') return now;
          return push.raced || now.commit !== base.commit ? { is: 'moved' } : push.fault;
        }
        for (const [path, blob] of blobs) {
          if (blob === '') base.files.delete(path);
          else base.files.set(path, blob);
        }
        known = { ...base, commit };
        isCurrent = true;
        tidy.committed();
        return { is: 'put', commit };
      }),
  };
}
