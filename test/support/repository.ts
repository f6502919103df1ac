// A repository as engineers use it: a bare one that everybody pushes to, and a work tree that pushes.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { InvocationStatus, StatusDocument } from '../../schemas/generated/status.ts';

export interface Repository {
  /** The bare repository: what the controller reads. */
  bare: string;
  git(...args: string[]): string;
  /** Writes (undefined: removes) files below manifests/, commits and pushes them. The commit's id. */
  push(files: Record<string, string | Buffer | undefined>, ...flags: string[]): string;
  /** Documents on the status branch; none while there is no such branch. */
  status(): StatusDocument[];
  /** Somebody pushes nonsense in place of the status file of an Invocation; what it was. */
  breakStatusOf(invocation: string): string;
  /** Somebody pushes this status file of an Invocation. */
  mendStatusOf(invocation: string, text: string): void;
  /** Every commit that the status branch was at, oldest first: each a descendant of the one before, or it throws. */
  statusHistory(): string[];
  /** Status of an Invocation, if the branch has it. */
  invocation(name: string): InvocationStatus['status'] | undefined;
}

export function makeRepository(folder: string): Repository {
  const bare = join(folder, 'origin.git');
  const work = join(folder, 'work');
  const run = (cwd: string, args: string[]): string =>
    execFileSync('git', args, { cwd, encoding: 'utf8', env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  mkdirSync(work, { recursive: true });
  run(folder, ['init', '-q', '--bare', '-b', 'main', bare]);
  run(bare, ['config', 'core.logAllRefUpdates', 'always']);
  run(work, ['init', '-q', '-b', 'main']);
  run(work, ['remote', 'add', 'origin', bare]);
  const git = (...args: string[]): string => run(work, args);

  function status(): StatusDocument[] {
    let tip: string;
    try {
      tip = run(bare, ['rev-parse', '--verify', '-q', 'refs/heads/groundcrew-status']).trim();
    } catch {
      return [];
    }
    // All of one commit: the branch may move on meanwhile.
    const list = run(bare, ['ls-tree', '-r', '--name-only', tip]).split('\n');
    const paths = list.filter((path) => path.endsWith('.yaml'));
    return paths.flatMap((path) =>
      parseAllDocuments(run(bare, ['show', `${tip}:${path}`])).map((document) => document.toJS()),
    );
  }

  const statusFile = (invocation: string): string =>
    run(bare, ['ls-tree', '-r', '--name-only', 'groundcrew-status'])
      .split('\n')
      .find((path) => path.endsWith(`/${invocation}.yaml`)) ?? '';

  function pushStatus(path: string, text: string): void {
    const clone = join(folder, 'status');
    rmSync(clone, { recursive: true, force: true });
    run(folder, ['clone', '-q', '-b', 'groundcrew-status', bare, clone]);
    writeFileSync(join(clone, path), text);
    run(clone, ['commit', '-q', '-a', '-m', 'by hand']);
    run(clone, ['push', '-q']);
  }

  return {
    bare,
    git,
    breakStatusOf(invocation) {
      const path = statusFile(invocation);
      const text = run(bare, ['show', `groundcrew-status:${path}`]);
      pushStatus(path, 'status: [');
      return text;
    },
    mendStatusOf: (invocation, text) => pushStatus(statusFile(invocation), text),
    push(files, ...flags) {
      for (const [path, text] of Object.entries(files)) {
        const file = join(work, 'manifests', path);
        if (text === undefined) rmSync(file);
        else {
          mkdirSync(dirname(file), { recursive: true });
          writeFileSync(file, text);
        }
      }
      git('add', '-A');
      git('commit', '-q', '--allow-empty', '-m', 'change');
      git('push', '-q', ...flags, 'origin', 'main');
      return git('rev-parse', 'HEAD').trim();
    },
    status,
    statusHistory() {
      const commits = run(bare, ['reflog', 'show', '--format=%H', 'refs/heads/groundcrew-status'])
        .trim()
        .split('\n')
        .reverse();
      commits.forEach((commit, index) => {
        const before = commits[index - 1];
        if (before !== undefined) run(bare, ['merge-base', '--is-ancestor', before, commit]);
      });
      return commits;
    },
    invocation: (name) =>
      status().find(
        (document): document is InvocationStatus =>
          document.kind === 'InvocationStatus' && document.metadata.name === name,
      )?.status,
  };
}

const environment = {
  PATH: process.env['PATH'],
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'An Engineer',
  GIT_AUTHOR_EMAIL: 'engineer@example.org',
  GIT_COMMITTER_NAME: 'An Engineer',
  GIT_COMMITTER_EMAIL: 'engineer@example.org',
};
