// A branch of a repository on this machine: its refs are watched, so a commit is seen at once.
// 1. Neither the work tree nor the repository's configuration and hooks are ever looked at: the refs are read as
//    files, the objects through a bare folder of ours (DATA/local.git) that borrows them.
// 2. Nothing is written into the repository. So nothing is pinned in it either: if the accepted commit is rewound
//    and then collected there, has() becomes false; nothing can be shown to follow it any more, so the next commit
//    is held until somebody acknowledges it, and what was accepted stays in force from the store.
// 3. Every few seconds the ref is read again, in case the watch missed something.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pollDelay } from './backoff.ts';
import { objectFormatOf, prepareGitFolder } from './git-folder.ts';
import { keepWatch, rereadSeconds } from './keep-watch.ts';
import { findRepository, readRef } from './local-repository.ts';
import { makePollTimer } from './poll-timer.ts';
import { openRepository, type Repository } from './repository.ts';
import type { Sighting, Source } from './source.ts';
import type { SourceSettings } from './source-settings.ts';
import { takeSnapshot } from './take-snapshot.ts';

export function localSource(folder: string, settings: SourceSettings): Source {
  const { intervalSeconds, log, manifestPath, random, ref } = settings;
  const timer = makePollTimer();
  let opened: { commonDir: string; repository: Promise<Repository> } | undefined;
  let seen: string | undefined;

  const repositoryFor = async (commit: string): Promise<Repository> => {
    const found = await findRepository(folder);
    if (found.is === 'unusable') throw new Error(found.message);
    if (opened?.commonDir !== found.commonDir) {
      const before = opened;
      opened = { commonDir: found.commonDir, repository: borrow(found.commonDir, commit, settings) };
      opened.repository.catch(() => {
        opened = undefined;
      });
      await (await before?.repository)?.close();
    }
    return await opened.repository;
  };

  const look = async (): Promise<Sighting> => {
    const sighting = await lookAt(folder, ref, repositoryFor);
    seen = sighting.is === 'at' ? sighting.commit : undefined;
    if (sighting.is === 'unreachable')
      log.warn({ folder, ref, error: sighting.message }, 'source not reached');
    return sighting;
  };

  return {
    look,
    snapshot: async (commit, previous) =>
      await takeSnapshot(await repositoryFor(commit), commit, manifestPath, previous),
    isAncestor: async (ancestor, commit) => (await repositoryFor(commit)).isAncestor(ancestor, commit),
    has: async (commit) => {
      const found = await findRepository(folder);
      return found.is === 'found' && (await (await repositoryFor(commit)).has(commit));
    },
    pin: async () => undefined,
    watch(nudge) {
      const stopRefs = keepWatch(folder, ref, () => seen, nudge);
      const stopTimer = timer.listen(
        () => {
          timer.set(pollDelay(intervalSeconds, random));
          nudge();
        },
        pollDelay(intervalSeconds, random),
      );
      return () => {
        stopTimer();
        stopRefs();
      };
    },
    async close() {
      timer.stop();
      await (await opened?.repository)?.close();
    },
  };
}

async function lookAt(
  folder: string,
  ref: string,
  repositoryFor: (commit: string) => Promise<Repository>,
): Promise<Sighting> {
  try {
    const found = await findRepository(folder);
    if (found.is === 'unusable') return { ...found, is: 'unreachable', retryInSeconds: rereadSeconds };
    const commit = await readRef(found.commonDir, ref);
    if (commit === undefined) return missing(ref);
    if (await (await repositoryFor(commit)).has(commit)) return { is: 'at', commit };
    const message = `${ref} names ${commit}, which is not a commit of the repository.`;
    return { is: 'unreachable', message, hint: 'Check it with "git fsck".', retryInSeconds: rereadSeconds };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const hint = `Check that the user that runs this may read all of ${folder}.`;
    return { is: 'unreachable', message, hint, retryInSeconds: rereadSeconds };
  }
}

function missing(ref: string): Sighting {
  const branch = ref.replace('refs/heads/', '');
  return {
    is: 'missing',
    message: `The repository has no branch ${branch}; it may have no commit at all.`,
    hint: `Make a first commit on ${branch}, or give another branch with --branch.`,
  };
}

/** Our own bare folder, whose objects are those of the repository. */
async function borrow(commonDir: string, commit: string, settings: SourceSettings): Promise<Repository> {
  const { dataDir, environment } = settings;
  const format = objectFormatOf(commit);
  const gitDir = join(dataDir, format === 'sha1' ? 'local.git' : `local-${format}.git`);
  await prepareGitFolder(gitDir, format, environment);
  await mkdir(join(gitDir, 'objects', 'info'), { recursive: true });
  await writeFile(join(gitDir, 'objects', 'info', 'alternates'), `${join(commonDir, 'objects')}\n`);
  // Where a shallow clone's history ends is known to that clone only.
  return openRepository(gitDir, environment, { GIT_SHALLOW_FILE: join(commonDir, 'shallow') });
}
