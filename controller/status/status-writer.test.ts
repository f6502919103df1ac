import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { scratchRepository } from '../../test/support/git.ts';
import { startGitHttp } from '../../test/support/git-http.ts';
import { waiting } from '../../test/support/run.ts';
import {
  ended,
  putCommand,
  putExecution,
  putInstance,
  putRun,
  someCommand,
  someExecution,
  someInstance,
  someRun,
  someTime,
} from '../../test/support/status-fleet.ts';
import { branch, folderAccess, type StatusScene, statusScene } from '../../test/support/status-scene.ts';
import type { Flushed } from './flush-documents.ts';
import { pathOf } from './layout.ts';
import { readStatusFile } from './recover.ts';

const run = someRun('deploy');
const [web1, web2] = [someInstance(1), someInstance(2)];
const deployFile = pathOf('invocations/deploy');
let scene: StatusScene;

beforeEach(async () => {
  scene = await statusScene();
  await scene.commit(
    putInstance(web1),
    putInstance(web2),
    putCommand(someCommand('hello')),
    ...putRun(run),
    putExecution(someExecution(run, web1, waiting)),
    putExecution(someExecution(run, web2, waiting)),
  );
});
afterEach(() => scene.close());

const end1 = putExecution(someExecution(run, web1, ended('Success', { exitCode: 0 })));
const end2 = putExecution(someExecution(run, web2, ended('Failed', { exitCode: 4 })));

function expectPublished(flushed: Flushed): void {
  expect(flushed).toMatchObject({ is: 'published' });
}

test('the first flush makes the branch, with a file for everything that is known', async () => {
  const writer = scene.writer();
  expectPublished(await writer.flush());
  expect(scene.paths()).toEqual(
    [
      'README.md',
      'controller.yaml',
      pathOf('commands/hello'),
      pathOf(`instances/${web1.id}`),
      pathOf(`instances/${web2.id}`),
      deployFile,
    ].sort(),
  );
  expect(scene.history()).toHaveLength(1);
  expect(scene.remote.git('log', '-1', '--format=%an <%ae> %s', branch)).toBe(
    'groundcrew <groundcrew@localhost> status: 1 invocation, 2 instances, 1 command at 0123456',
  );
  for (const path of scene.paths().filter((one) => one.endsWith('.yaml')))
    expect(readStatusFile(scene.file(path) ?? '').is).toBe('document');
  expect(writer.condition()).toMatchObject({ type: 'StatusBranchReady', status: 'True' });
});

test('equal trees are not committed, by nobody who has the same state', async () => {
  const writer = scene.writer();
  await writer.flush();
  await scene.commit(putInstance({ ...web1, offers: 17 }), ...putRun(run));
  writer.nudge();
  expect(await writer.flush()).toEqual({ is: 'unchanged' });
  expect(await scene.writer().flush()).toEqual({ is: 'unchanged' });
  expect(scene.history()).toHaveLength(1);
});

test('a change is one commit that touches only what it shows in', async () => {
  const writer = scene.writer();
  await writer.flush();
  await scene.commit(end2);
  expectPublished(await writer.flush());
  expect(scene.remote.git('diff', '--name-only', `${branch}~1`, branch)).toBe(deployFile);
  expect(scene.file(deployFile)).toContain('exitCode: 4');
});

test('two writers of the same state write the same bytes', async () => {
  const other = scene.remote.folder.replace('origin', 'other');
  scene.remote.git('init', '--quiet', '--bare', other);
  await scene.writer().flush();
  await scene.writer({ access: folderAccess(other), now: () => 1 }).flush();
  const tree = scene.remote.git('rev-parse', `${branch}^{tree}`);
  expect(scene.remote.git('--git-dir', other, 'rev-parse', `${branch}^{tree}`)).toBe(tree);
});

test('a lost race is rebuilt on what won: the file of others stays, ours is right, and history only grows', async () => {
  const writer = scene.writer();
  await writer.flush();
  const theirs = scene.compete({
    'notes/theirs.txt': 'keep me',
    [deployFile]: 'state: nonsense\n',
    'README.md': undefined,
  });
  await scene.commit(end1, end2);
  expectPublished(await writer.flush());
  expect(scene.file('notes/theirs.txt')).toBe('keep me');
  expect(scene.file(deployFile)).toContain('exitCode: 4');
  expect(scene.file('README.md')).toContain('Do not edit');
  expect(scene.history()).toHaveLength(3);
  scene.remote.git('merge-base', '--is-ancestor', theirs, branch);
});

test('with somebody who pushes all the time both get through', async () => {
  const writer = scene.writer();
  await writer.flush();
  let version = 0;
  for (let round = 0; round < 4; round += 1) {
    const pushed = Promise.resolve().then(() => scene.compete({ [`theirs-${round}.txt`]: String(round) }));
    await scene.commit(putCommand(someCommand('hello', { line: (version += 1) + 10 })));
    const [flushed] = await Promise.all([writer.flush(), pushed]);
    expectPublished(flushed);
  }
  expect(scene.paths().filter((path) => path.startsWith('theirs-'))).toHaveLength(4);
  expect(scene.file(pathOf('commands/hello'))).toContain(`line: ${version + 10}`);
});

test('a hook that rejects is a condition, and all is made good when it no longer does', async () => {
  const hook = join(scene.remote.folder, 'hooks', 'pre-receive');
  writeFileSync(hook, '#!/bin/sh\necho "no bots here" >&2\nexit 1\n');
  chmodSync(hook, 0o755);
  const writer = scene.writer({ times: { retryFirst: 30, retryMost: 60 } });
  const first = await writer.flush();
  expect(first).toMatchObject({ is: 'fault', reason: 'Rejected' });
  const condition = writer.condition();
  expect(condition).toMatchObject({ type: 'StatusBranchReady', status: 'False', reason: 'Rejected' });
  expect(condition?.message).toContain('no bots here');
  await writer.flush();
  expect(writer.condition()).toBe(condition);
  rmSync(hook);
  await vi.waitFor(() => expect(writer.condition()?.status).toBe('True'), 20_000);
  expect(scene.file(deployFile)).toContain('state: Running');
});

test('a branch that somebody deleted or emptied is written anew', async () => {
  const writer = scene.writer({ times: { compareEvery: 200 } });
  await writer.flush();
  const paths = scene.paths();
  scene.remote.git('update-ref', '-d', `refs/heads/${branch}`);
  await vi.waitFor(() => expect(scene.paths()).toEqual(paths), 20_000);
  expect(scene.history()).toHaveLength(1);
  scene.compete(Object.fromEntries(paths.map((path) => [path, undefined])));
  await vi.waitFor(() => expect(scene.paths()).toEqual(paths), 20_000);
  scene.remote.git('update-ref', '-d', `refs/heads/${branch}`);
  await scene.commit(end1);
  await writer.flush();
  expect(scene.paths()).toEqual(paths);
  expect(scene.file(deployFile)).toContain('Finished: 1');
});

test('a branch that was replaced by another history is built upon, not overwritten', async () => {
  const writer = scene.writer();
  await writer.flush();
  const tree = scene.remote.git('mktree', '--missing');
  const root = scene.remote.git('commit-tree', '-m', 'Another history', tree);
  scene.remote.git('update-ref', `refs/heads/${branch}`, root);
  await scene.commit(end1);
  expectPublished(await writer.flush());
  expect(scene.history()).toContain(root);
  expect(scene.paths()).toContain('controller.yaml');
});

test('what somebody edits by hand is put back at the next comparison', async () => {
  const writer = scene.writer({ times: { compareEvery: 200 } });
  await writer.flush();
  const before = scene.file(deployFile);
  scene.compete({ [deployFile]: 'edited\n', 'notes.txt': 'stays' });
  await vi.waitFor(() => expect(scene.file(deployFile)).toBe(before), 20_000);
  expect(scene.file('notes.txt')).toBe('stays');
});

test('a server that lets nobody write is a condition', async () => {
  const server = await startGitHttp({ root: scene.folder });
  try {
    server.repository('readonly').git('config', 'http.receivepack', 'false');
    const address = {
      is: 'http',
      url: server.url('readonly'),
      origin: `http://127.0.0.1:${server.port}`,
    } as const;
    const writer = scene.writer({ access: { address } });
    expect(await writer.flush()).toMatchObject({ is: 'fault', reason: 'PermissionDenied' });
    await writer.close();
  } finally {
    await server.close();
  }
});

test('over HTTP with a token the branch is written like in a folder', async () => {
  const server = await startGitHttp({ root: scene.folder, token: 'geheim' });
  try {
    const repository = server.repository('forge');
    const tokenFile = join(scene.folder, 'token');
    writeFileSync(tokenFile, 'geheim\n');
    const address = {
      is: 'http',
      url: server.url('forge'),
      origin: `http://127.0.0.1:${server.port}`,
    } as const;
    const writer = scene.writer({ access: { address, tokenFile } });
    expectPublished(await writer.flush());
    expect(repository.git('show', `${branch}:${deployFile}`)).toContain('state: Running');
    await writer.close();
  } finally {
    await server.close();
  }
});

test('a repository that cannot be reached is tried again until it is there', async () => {
  const later = join(scene.folder, 'later.git');
  const writer = scene.writer({ access: folderAccess(later), times: { retryFirst: 30, retryMost: 60 } });
  expect(await writer.flush()).toMatchObject({ is: 'fault', reason: 'NotFound' });
  scene.remote.git('init', '--quiet', '--bare', later);
  await vi.waitFor(() => expect(writer.condition()?.status).toBe('True'), 20_000);
  expect(scene.remote.git('--git-dir', later, 'ls-tree', '-r', '--name-only', branch)).toContain(deployFile);
});

test('in a repository with a work tree only the branch changes', async () => {
  const repository = scratchRepository();
  try {
    repository.commit({ 'a.txt': 'committed' });
    writeFileSync(join(repository.folder, 'a.txt'), 'edited');
    writeFileSync(join(repository.folder, 'b.txt'), 'staged');
    repository.git('add', 'b.txt');
    const seen = (): string[] => [
      repository.git('status', '--porcelain'),
      repository.git('ls-files', '--stage'),
      repository.git('rev-parse', 'HEAD', 'main'),
      ...readdirSync(repository.folder).sort(),
    ];
    const before = seen();
    const writer = scene.writer({ access: folderAccess(repository.folder) });
    expectPublished(await writer.flush());
    expect(seen()).toEqual(before);
    repository.git('stash', '--quiet');
    repository.git('checkout', '--quiet', branch);
    await scene.commit(end1);
    expect(await writer.flush()).toMatchObject({ is: 'fault', reason: 'BranchCheckedOut' });
    repository.git('checkout', '--quiet', 'main');
    expectPublished(await writer.flush());
  } finally {
    repository.remove();
  }
});

test('a run is published when all of it has ended and the branch says so, and not before', async () => {
  const writer = scene.writer();
  const told: string[] = [];
  writer.onPublished((runs) => told.push(...runs));
  await scene.commit(end1);
  await writer.flush();
  expect(writer.isPublished(run.id)).toBe(false);
  await scene.commit(end2);
  expect(writer.isPublished(run.id)).toBe(false);
  await writer.flush();
  expect(writer.isPublished(run.id)).toBe(true);
  expect(told).toEqual([run.id]);
  const web3 = someInstance(3);
  await scene.commit(putInstance(web3), putExecution(someExecution(run, web3, waiting)));
  expect(writer.isPublished(run.id)).toBe(false);
  await scene.commit(putExecution(someExecution(run, web3, ended('Success'))));
  expect(writer.isPublished(run.id)).toBe(false);
  await writer.flush();
  expect(writer.isPublished(run.id)).toBe(true);
});

test('a run that had been published before a restart is so again after the first comparison', async () => {
  await scene.commit(end1, end2);
  await scene.writer().flush();
  const restarted = scene.writer();
  expect(restarted.isPublished(run.id)).toBe(false);
  expect(await restarted.flush()).toEqual({ is: 'unchanged' });
  expect(restarted.isPublished(run.id)).toBe(true);
});

test('nothing is shown before it is on disk', async () => {
  let onDisk = (): void => undefined;
  const settled = new Promise<void>((resolve) => {
    onDisk = resolve;
  });
  const ledger = { ...scene.ledger, settled: () => settled };
  const writer = scene.writer({ ledger });
  const flushed = writer.flush();
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(scene.history()).toEqual([]);
  onDisk();
  expectPublished(await flushed);
});

test('what is gone goes, and what this store does not know stays', async () => {
  const condition = {
    type: 'Accepted',
    status: 'False',
    reason: 'Invalid',
    message: 'no',
    since: someTime,
  } as const;
  scene.outcome = { ...scene.outcome, invocationConditions: new Map([['never', [condition]]]) };
  const writer = scene.writer();
  await writer.flush();
  const never = pathOf('invocations/never');
  expect(scene.paths()).toContain(never);
  const elsewhere = { [pathOf('invocations/unknown')]: 'x: y\n', [pathOf('instances/mi-unknown')]: 'x: y\n' };
  scene.compete({ ...elsewhere, [pathOf('commands/unknown')]: 'x: y\n' });
  await scene.commit({ delete: 'command', key: 'hello' });
  scene.outcome = { ...scene.outcome, invocationConditions: new Map() };
  writer.nudge();
  await writer.flush();
  expect(scene.paths()).not.toContain(never);
  expect(scene.paths()).not.toContain(pathOf('commands/hello'));
  expect(await scene.writer().flush()).toMatchObject({ is: 'published', files: 1 });
  expect(scene.paths()).not.toContain(pathOf('commands/unknown'));
  for (const path of Object.keys(elsewhere)) expect(scene.paths()).toContain(path);
});

test('an instance with another name has it in the documents of invocations too', async () => {
  const writer = scene.writer();
  await writer.flush();
  await scene.commit(putInstance({ ...web1, name: 'renamed' }));
  await writer.flush();
  expect(scene.file(deployFile)).toContain('name: renamed');
});

test('a copy that is broken is made anew', async () => {
  const folder = join(scene.folder, 'mine.git');
  const writer = scene.writer({ folder, times: { retryFirst: 20, retryMost: 40 } });
  await writer.flush();
  rmSync(join(folder, 'objects'), { recursive: true });
  mkdirSync(join(folder, 'objects'));
  await scene.commit(end1);
  expect(await writer.flush()).toMatchObject({ is: 'fault', reason: 'RepositoryBroken' });
  await vi.waitFor(() => expect(scene.file(deployFile)).toContain('Finished: 1'), 20_000);
  expect(scene.history()).toHaveLength(2);
});

test('a burst of changes becomes one commit, by itself', async () => {
  const writer = scene.writer({ times: { quiet: 300, atMost: 5_000 } });
  writer.nudge();
  await vi.waitFor(() => expect(scene.history()).toHaveLength(1), 20_000);
  await scene.commit(end1);
  await scene.commit(end2);
  await scene.commit(putCommand(someCommand('more')));
  await vi.waitFor(() => expect(writer.isPublished(run.id)).toBe(true), 20_000);
  expect(scene.history()).toHaveLength(2);
  expect(scene.remote.git('log', '-1', '--format=%s', branch)).toBe(
    'status: 1 invocation, 1 command at 0123456',
  );
});

test('nothing is written by itself before the first pass is over', async () => {
  const writer = scene.writer({ times: { quiet: 10, atMost: 10, compareEvery: 20 } });
  await scene.commit(end1);
  await new Promise((resolve) => setTimeout(resolve, 400));
  await writer.close();
  expect(scene.history()).toEqual([]);
});

test('closing writes what is left, and does not wait for ever', async () => {
  const writer = scene.writer();
  writer.nudge();
  await scene.commit(end1);
  await writer.close();
  expect(scene.file(deployFile)).toContain('Finished: 1');
  const hook = join(scene.remote.folder, 'hooks', 'pre-receive');
  const hangs = join(scene.folder, 'hangs');
  writeFileSync(hangs, '');
  writeFileSync(hook, `#!/bin/sh\nwhile [ -e ${hangs} ]; do sleep 0.1; done\n`);
  chmodSync(hook, 0o755);
  const hanging = scene.writer({ times: { closeWithin: 200 } });
  hanging.nudge();
  await scene.commit(end2);
  await hanging.close();
  rmSync(hangs);
  expect(await hanging.flush()).toMatchObject({ is: 'fault' });
});

test('a branch name that cannot be one is refused at once', () => {
  expect(() => scene.writer({ branch: '+main' })).toThrow(/cannot be used as a branch name/);
});
