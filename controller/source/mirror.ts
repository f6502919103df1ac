// The bare mirror of a remote branch, DATA/source.git. It holds nothing that cannot be fetched again: deleting it
// costs one full fetch.
import { join } from 'node:path';
import { askRemote, type RemoteOptions } from './ask-remote.ts';
import { gitVariables, runGit } from './git.ts';
import { type ObjectFormat, prepareGitFolder } from './git-folder.ts';
import { type RemoteFailure, readFailure, readRejection } from './remote-failure.ts';
import { openRepository, type Repository } from './repository.ts';
import type { SourceSettings } from './source-settings.ts';

export interface Mirror {
  repository: Repository;
  /** Where the branch was when it was fetched last. */
  at(): Promise<string | undefined>;
  /** Brings the branch here. Returns why that failed. */
  fetch(url: string, signal: AbortSignal): Promise<RemoteFailure | undefined>;
  pin(commit: string): Promise<void>;
}

const fetched = 'refs/groundcrew/source';
const accepted = 'refs/groundcrew/accepted';
const fetchTimeout = 15 * 60_000;

export async function openMirror(format: ObjectFormat, settings: SourceSettings): Promise<Mirror> {
  const { access, dataDir, environment, ref } = settings;
  const gitDir = join(dataDir, format === 'sha1' ? 'source.git' : `source-${format}.git`);
  await prepareGitFolder(gitDir, format, environment);
  const repository = openRepository(gitDir, environment);
  const variables = gitVariables(environment, [], { GIT_DIR: gitDir });
  let fetches = 0;
  return {
    repository,
    at: () => repository.resolve(fetched),
    pin: (commit) => repository.setRef(accepted, commit),
    async fetch(url, signal) {
      const options: RemoteOptions = {
        access,
        environment,
        cwd: gitDir,
        gitDir,
        timeout: fetchTimeout,
        signal,
      };
      // The plus is for our own copy only: a branch that was rewound must be seen to be able to be held.
      const refspec = `+${ref}:${fetched}`;
      const failure = await fetchOnce(refspec, url, options);
      if (failure === undefined && fetches++ % 64 === 0) await tidy(variables);
      return failure;
    },
  };
}

async function fetchOnce(
  refspec: string,
  url: string,
  options: RemoteOptions,
): Promise<RemoteFailure | undefined> {
  const { address } = options.access;
  const quickly = [
    '--no-tags',
    '--no-auto-gc',
    '--no-write-fetch-head',
    '--no-recurse-submodules',
    '--verbose',
  ];
  try {
    const { exitCode, stderr } = await askRemote(['fetch', ...quickly, '--', url, refspec], options);
    return exitCode === 0 ? undefined : readFailure(stderr, address);
  } catch (error) {
    return readRejection(error, address);
  }
}

/** Many small fetches leave many small files. They are joined when there are too many; nothing is ever dropped. */
async function tidy(variables: Readonly<Record<string, string>>): Promise<void> {
  const { stdout } = await runGit(['count-objects', '-v'], { variables });
  const count = (name: string): number =>
    Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(stdout.toString())?.[1]);
  if (count('count') < 2000 && count('packs') < 50) return;
  await runGit(['repack', '-d', '-q', '--geometric=2'], { variables, timeout: 10 * 60_000 });
}
