import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { GitAccess } from './access.ts';
import { parseAddress, showAddress } from './address.ts';
import { branchRef } from './branch-ref.ts';
import type { GitEnvironment } from './git.ts';
import { localSource } from './local-source.ts';
import { Refused } from './refused.ts';
import { remoteSource } from './remote-source.ts';
import type { Source } from './source.ts';
import type { SourceLog } from './source-settings.ts';

export interface OpenSourceSettings {
  /** URL or folder. */
  repo: string;
  branch: string;
  /** Folder of the repository that holds the manifests; `.` is all of it. */
  path: string;
  dataDir: string;
  intervalSeconds: number;
  credentials: RepositoryCredentials;
  log: SourceLog;
  /** Milliseconds since 1970. */
  now: () => number;
  /** 0 ≤ r < 1. */
  random: () => number;
  /** The PATH to find git and ssh in. */
  searchPath: string;
  /** What a relative folder counts from. */
  workingFolder: string;
}

/** Files; the secrets themselves are read when they are used. */
export type RepositoryCredentials = Pick<GitAccess, 'tokenFile' | 'caFile' | 'sshKeyFile' | 'sshKnownHosts'>;

/** Opens what --repo names: watched if it is a folder here, polled if it is a URL. Throws Refused. */
export function openSource(settings: OpenSourceSettings): Source {
  const { dataDir, intervalSeconds, log, now, random } = settings;
  const access = openAccess(settings.repo, settings.credentials, settings.workingFolder);
  const environment = gitEnvironment(dataDir, settings.searchPath);
  const ref = branchRef(settings.branch);
  const manifestPath = parseManifestPath(settings.path);
  const all = { access, ref, manifestPath, dataDir, intervalSeconds, environment, log, now, random };
  return access.address.is === 'folder' ? localSource(showAddress(access.address), all) : remoteSource(all);
}

/** How a repository is reached. Made twice: with what may read, and with what may write the status branch. */
export function openAccess(
  repo: string,
  credentials: RepositoryCredentials,
  workingFolder: string,
): GitAccess {
  return { address: parseAddress(repo, workingFolder), ...credentials };
}

/** Where git runs: with an empty home of ours in the data folder. */
export function gitEnvironment(dataDir: string, searchPath: string): GitEnvironment {
  const home = join(dataDir, 'git-home');
  mkdirSync(home, { recursive: true, mode: 0o700 });
  return { searchPath, home, userHome: homedir() };
}

/** A folder inside of the repository, without `./` and slashes at its ends. Throws Refused. */
export function parseManifestPath(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (path.startsWith('/') || parts.includes('..') || /[\u0000-\u001f\u007f\\]/.test(path)) {
    throw new Refused(
      'the manifest path is not a folder inside of the repository',
      'Give it relative to the top of the repository, such as manifests; "." is all of it.',
    );
  }
  return parts.join('/');
}
