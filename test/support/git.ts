// Real repositories for tests. They live in folders of their own and know nothing of the user's configuration.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface ScratchRepository {
  folder: string;
  /** Runs git in it and returns what it prints, without the last line end. Throws with what it complained of. */
  git(...args: string[]): string;
  /** Writes the files (undefined removes one), commits, and returns the commit's id. */
  commit(files: Record<string, string | Buffer | undefined>, message?: string): string;
  remove(): void;
}

/** The environment of a git that is nobody's: the tests' own commits have a fixed author. */
export function scratchEnvironment(): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    HOME: '/nonexistent',
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_AUTHOR_NAME: 'Ada',
    GIT_AUTHOR_EMAIL: 'ada@example.org',
    GIT_COMMITTER_NAME: 'Ada',
    GIT_COMMITTER_EMAIL: 'ada@example.org',
  };
}

/** A new repository with a work tree and the branch main, without a commit. Remove it when the test is over. */
export function scratchRepository(options: { format?: 'sha1' | 'sha256' } = {}): ScratchRepository {
  const folder = scratchFolder('repository');
  const repository = openScratch(folder, () => rmSync(folder, { recursive: true, force: true }));
  repository.git('init', '--quiet', '--initial-branch=main', `--object-format=${options.format ?? 'sha1'}`);
  return repository;
}

/** A bare repository at that folder, to be pushed to and served. */
export function bareRepository(folder: string): ScratchRepository {
  mkdirSync(folder, { recursive: true });
  const repository = openScratch(folder, () => rmSync(folder, { recursive: true, force: true }));
  repository.git('init', '--quiet', '--bare', '--initial-branch=main');
  return repository;
}

/** A work tree that pushes to `url` as its remote origin. */
export function cloneOf(url: string): ScratchRepository {
  const folder = scratchFolder('clone');
  execFileSync('git', ['clone', '--quiet', url, folder], { env: scratchEnvironment(), stdio: 'pipe' });
  return openScratch(folder, () => rmSync(folder, { recursive: true, force: true }));
}

export function scratchFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `groundcrew-${name}-`));
}

function openScratch(folder: string, remove: () => void): ScratchRepository {
  const git = (...args: string[]): string =>
    execFileSync('git', args, {
      cwd: folder,
      env: scratchEnvironment(),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 64 * 1024 * 1024,
    }).replace(/\n$/, '');
  return {
    folder,
    git,
    remove,
    commit(files, message = 'Change') {
      for (const [path, content] of Object.entries(files)) {
        const file = join(folder, path);
        rmSync(file, { recursive: true, force: content !== undefined });
        if (content === undefined) continue;
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, content);
      }
      git('add', '--all');
      git('commit', '--quiet', '--allow-empty', '--message', message);
      return git('rev-parse', 'HEAD');
    },
  };
}
