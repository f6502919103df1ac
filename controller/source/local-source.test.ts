// A repository on this machine, used by real git beside us.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  bareRepository,
  cloneOf,
  type ScratchRepository,
  scratchEnvironment,
  scratchFolder,
  scratchRepository,
} from '../../test/support/git.ts';
import { eventually, testSource, textOf } from '../../test/support/sources.ts';
import type { OpenSourceSettings } from './open-source.ts';

const cleanUp: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

function scratch(): ScratchRepository {
  const repository = scratchRepository();
  cleanUp.push(repository.remove);
  return repository;
}

function folder(name: string): string {
  const made = scratchFolder(name);
  cleanUp.push(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

function open(repo: string, settings: Partial<OpenSourceSettings> = {}) {
  const opened = testSource(repo, { dataDir: folder('data'), ...settings });
  cleanUp.push(() => opened.source.close());
  let nudges = 0;
  const watch = async () => {
    cleanUp.push(opened.source.watch(() => nudges++));
    await new Promise((resolve) => setTimeout(resolve, 150));
  };
  /** Does it, and waits for a nudge that comes well before the ref is read again by itself. */
  const nudgedBy = async (change: () => void) => {
    const before = nudges;
    change();
    await eventually(() => nudges > before, 1500);
  };
  return { ...opened, watch, nudgedBy, nudges: () => nudges };
}

describe('a look at a local repository', () => {
  it('finds the branch of a work tree, of a bare repository, of a worktree, by folder and by file://', async () => {
    const repository = scratch();
    const commit = repository.commit({ 'manifests/a.yaml': '1' });
    const bare = bareRepository(join(folder('bare'), 'bare.git'));
    repository.git('push', '-q', bare.folder, 'main');
    const worktree = join(folder('worktree'), 'tree');
    repository.git('worktree', 'add', '-q', '-b', 'other', worktree);
    for (const repo of [repository.folder, `file://${bare.folder}`, worktree, `${repository.folder}/.git`]) {
      const { source } = open(repo);
      expect(await source.look()).toEqual({ is: 'at', commit });
      expect([...(await source.snapshot(commit)).files.keys()]).toEqual(['manifests/a.yaml']);
    }
  });

  it('finds a branch whose ref is packed, and reads the newer loose one over it', async () => {
    const repository = scratch();
    const one = repository.commit({ a: '1' });
    repository.git('branch', 'main-2');
    repository.git('pack-refs', '--all');
    expect(existsSync(join(repository.folder, '.git/refs/heads/main'))).toBe(false);
    const { source } = open(repository.folder);
    expect(await source.look()).toEqual({ is: 'at', commit: one });
    const two = repository.commit({ a: '2' });
    expect(await source.look()).toEqual({ is: 'at', commit: two });
  });

  it('says that the branch is missing where there is no commit, no such branch, or the branch was deleted', async () => {
    const repository = scratch();
    const { source } = open(repository.folder);
    expect(await source.look()).toMatchObject({
      is: 'missing',
      hint: expect.stringContaining('first commit on main'),
    });
    const commit = repository.commit({ a: '1' });
    expect(await open(repository.folder, { branch: 'live' }).source.look()).toMatchObject({ is: 'missing' });
    repository.git('tag', 'live');
    expect(await open(repository.folder, { branch: 'live' }).source.look()).toMatchObject({ is: 'missing' });
    expect((await source.look()).is).toBe('at');
    repository.git('switch', '-qc', 'elsewhere');
    repository.git('branch', '-qD', 'main');
    expect(await source.look()).toMatchObject({
      is: 'missing',
      message: expect.stringContaining('no branch main'),
    });
    expect(await source.has(commit)).toBe(true);
  });

  it('says what to do where there is no repository, and heals when there is one', async () => {
    const place = join(folder('later'), 'repo');
    const { source } = open(place);
    expect(await source.look()).toMatchObject({
      is: 'unreachable',
      message: `${place} is not a Git repository.`,
      hint: expect.stringContaining('git init'),
    });
    expect(await source.has('1'.repeat(40))).toBe(false);
    const repository = scratch();
    const commit = repository.commit({ a: '1' });
    renameSync(repository.folder, place);
    expect(await source.look()).toEqual({ is: 'at', commit });
  });

  it('says so where the ref names something that is not there', async () => {
    const repository = scratch();
    repository.commit({ a: '1' });
    writeFileSync(join(repository.folder, '.git/refs/heads/main'), `${'1'.repeat(40)}\n`);
    expect(await open(repository.folder).source.look()).toMatchObject({
      is: 'unreachable',
      hint: expect.stringContaining('git fsck'),
    });
  });

  it('sees a rewound branch as one that does not follow', async () => {
    const repository = scratch();
    const one = repository.commit({ a: '1' });
    const two = repository.commit({ a: '2' });
    const { source } = open(repository.folder);
    await source.look();
    repository.git('reset', '-q', '--hard', one);
    const three = repository.commit({ a: '3' });
    expect(await source.look()).toEqual({ is: 'at', commit: three });
    expect(await source.isAncestor(one, three)).toBe(true);
    expect(await source.isAncestor(two, three)).toBe(false);
  });

  it('works in a shallow clone', async () => {
    const origin = scratch();
    for (let n = 0; n < 4; n++) origin.commit({ a: String(n) });
    const clone = scratch();
    clone.git('fetch', '-q', '--depth=2', `file://${origin.folder}`, 'main:main', '--update-head-ok');
    const { source } = open(clone.folder);
    const parent = clone.git('rev-parse', 'main~1');
    expect(await source.look()).toMatchObject({ is: 'at' });
    expect(await source.isAncestor(parent, clone.git('rev-parse', 'main'))).toBe(true);
    expect(await source.isAncestor(clone.git('rev-parse', 'main'), parent)).toBe(false);
  });

  it('reads the commit, never the work tree', async () => {
    const repository = scratch();
    const commit = repository.commit({ 'manifests/a.yaml': 'committed' });
    writeFileSync(join(repository.folder, 'manifests/a.yaml'), 'half sav');
    writeFileSync(join(repository.folder, 'manifests/b.yaml'), 'new');
    const { source } = open(repository.folder);
    const snapshot = await source.snapshot(commit);
    expect([...snapshot.files.keys()]).toEqual(['manifests/a.yaml']);
    expect(await textOf(snapshot, 'manifests/a.yaml')).toBe('committed');
  });
});

describe('the watch on a local repository', () => {
  it('nudges at once for commits, resets, pushes and a packed or deleted ref', async () => {
    const repository = scratch();
    const one = repository.commit({ a: '1' });
    const { source, watch, nudgedBy } = open(repository.folder);
    await source.look();
    await watch();
    for (const change of [
      () => repository.commit({ a: '2' }),
      () => repository.git('reset', '-q', '--hard', one),
      () => repository.git('-c', 'core.logAllRefUpdates=false', 'commit', '-q', '--amend', '-m', 'Again'),
      () => repository.git('update-ref', 'refs/heads/main', one),
    ]) {
      await nudgedBy(() => void change());
      expect((await source.look()).is).toBe('at');
    }
    const clone = cloneOf(repository.folder);
    cleanUp.push(clone.remove);
    const pushed = clone.commit({ b: '1' });
    repository.git('switch', '-q', '--detach');
    await nudgedBy(() => void clone.git('push', '-q', 'origin', 'main'));
    expect(await source.look()).toEqual({ is: 'at', commit: pushed });
    await nudgedBy(() => void repository.git('branch', '-qD', 'main'));
    expect(await source.look()).toMatchObject({ is: 'missing' });
    await nudgedBy(() => void repository.git('branch', 'main', one));
    expect(await source.look()).toEqual({ is: 'at', commit: one });
  });

  it('sees the first commit of an empty repository, and the birth of a branch in folders that are not there', async () => {
    const repository = scratch();
    const main = open(repository.folder);
    const deep = open(repository.folder, { branch: 'team/fleet/live' });
    await main.source.look();
    await deep.source.look();
    await main.watch();
    await deep.watch();
    let commit = '';
    await main.nudgedBy(() => {
      commit = repository.commit({ a: '1' });
    });
    expect(await main.source.look()).toEqual({ is: 'at', commit });
    await deep.nudgedBy(() => void repository.git('branch', 'team/fleet/live'));
    expect(await deep.source.look()).toEqual({ is: 'at', commit });
    repository.git('pack-refs', '--all');
    repository.git('switch', '-q', 'team/fleet/live');
    await deep.nudgedBy(() => void repository.commit({ a: '2' }));
  });

  it('is quiet about other branches and about the work tree', async () => {
    const repository = scratch();
    repository.commit({ a: '1' });
    const { source, watch, nudges, nudgedBy } = open(repository.folder);
    await source.look();
    await watch();
    const before = nudges();
    repository.git('switch', '-qc', 'other');
    repository.commit({ a: '2' });
    repository.git('tag', 'v1');
    repository.git('pack-refs', '--all');
    writeFileSync(join(repository.folder, 'a'), 'dirty');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(nudges()).toBe(before);
    await nudgedBy(() => void repository.git('branch', '-f', 'main', 'other'));
  });

  it('follows the repository that was removed and made anew in its place, without losing the next commits', async () => {
    const repository = scratch();
    repository.commit({ a: '1' });
    const { source, watch, nudges } = open(repository.folder);
    await source.look();
    await watch();
    rmSync(join(repository.folder, '.git'), { recursive: true });
    repository.git('init', '-q', '-b', 'main');
    const before = nudges();
    const commit = repository.commit({ a: 'anew' });
    await eventually(() => nudges() > before, 8000);
    expect(await source.look()).toEqual({ is: 'at', commit });
    expect(await textOf(await source.snapshot(commit), 'a')).toBe('anew');
  });

  it('stays quiet once it was stopped', async () => {
    const repository = scratch();
    const { source } = open(repository.folder);
    let nudges = 0;
    const stop = source.watch(() => nudges++);
    await new Promise((resolve) => setTimeout(resolve, 150));
    stop();
    repository.commit({ a: '1' });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(nudges).toBe(0);
  });
});

describe('a hostile repository', () => {
  it('runs nothing of its hooks, configuration and filters, and nothing is written into it', async () => {
    const repository = scratch();
    const proof = join(folder('proof'), 'ran');
    const program = join(folder('program'), 'run.sh');
    writeFileSync(program, `#!/bin/sh\necho "$0 $*" >> '${proof}'\n`, { mode: 0o755 });
    const one = repository.commit({ '.gitattributes': '* filter=evil diff=evil\n', 'manifests/a.yaml': '1' });
    const two = repository.commit({ 'manifests/a.yaml': '2' });
    const settings = [
      'core.fsmonitor',
      'core.sshCommand',
      'core.pager',
      'core.editor',
      'core.askPass',
      'diff.external',
    ]
      .concat([
        'filter.evil.smudge',
        'filter.evil.clean',
        'filter.evil.process',
        'diff.evil.textconv',
        'diff.evil.command',
      ])
      .concat([
        'credential.helper',
        'gpg.program',
        'uploadpack.packObjectsHook',
        'core.alternateRefsCommand',
      ]);
    for (const key of settings) repository.git('config', key, program);
    repository.git('config', 'alias.cat-file', `!${program}`);
    repository.git('config', 'include.path', '/nonexistent/config');
    repository.git('config', 'extensions.partialClone', 'origin');
    repository.git('config', 'remote.origin.url', `ext::${program}`);
    const hooks = join(repository.folder, '.git/hooks');
    mkdirSync(hooks, { recursive: true });
    for (const hook of [
      'post-checkout',
      'pre-receive',
      'reference-transaction',
      'post-index-change',
      'pre-auto-gc',
    ]) {
      writeFileSync(join(hooks, hook), `#!/bin/sh\nexec ${program} ${hook}\n`, { mode: 0o755 });
    }
    const before = listing(repository.folder);
    const { source, watch } = open(repository.folder);
    await watch();
    expect(await source.look()).toEqual({ is: 'at', commit: two });
    const first = await source.snapshot(one);
    const second = await source.snapshot(two, first);
    expect(await textOf(second, 'manifests/a.yaml')).toBe('2');
    await expect(second.read(['1'.repeat(40)], 10)).rejects.toThrow('does not have');
    expect(await source.isAncestor(one, two)).toBe(true);
    expect(await source.isAncestor(two, one)).toBe(false);
    await source.pin(two);
    expect(existsSync(proof)).toBe(false);
    expect(listing(repository.folder)).toEqual(before);
    // The trap is a real one: plain git falls into it, once it has to look into a file. Whether git itself survives
    // depends on when the program, which is no filter, hangs up.
    writeFileSync(join(repository.folder, 'manifests/a.yaml'), '3');
    spawnSync('git', ['status'], { cwd: repository.folder });
    expect(readFileSync(proof, 'utf8')).toContain('run.sh');
  });

  it('cannot lead a ref out of refs/heads', async () => {
    const repository = scratch();
    repository.commit({ a: '1' });
    const secret = join(repository.folder, 'secret');
    writeFileSync(secret, `${'a'.repeat(40)}\n`);
    for (const target of [
      'refs/heads/../../../secret',
      '../../../secret',
      '/etc/hostname',
      'refs/heads/main',
    ]) {
      writeFileSync(join(repository.folder, '.git/refs/heads/main'), `ref: ${target}\n`);
      expect((await open(repository.folder).source.look()).is).not.toBe('at');
    }
  });
});

describe('the environment of this process', () => {
  it('does not reach git: a GIT_DIR or configuration in it changes nothing', async () => {
    const repository = scratch();
    const commit = repository.commit({ a: '1' });
    const before = { ...process.env };
    cleanUp.push(() => {
      process.env = before;
    });
    process.env = {
      ...before,
      GIT_DIR: '/nonexistent',
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'core.repositoryFormatVersion',
      GIT_CONFIG_VALUE_0: '99',
      GIT_TRACE: '1',
    };
    const { source } = open(repository.folder, { searchPath: scratchEnvironment()['PATH'] ?? '' });
    expect(await source.look()).toEqual({ is: 'at', commit });
    expect((await source.snapshot(commit)).files.size).toBe(1);
  });
});

function listing(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
}
