// Repositories that name their objects by SHA-256.
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ScratchRepository, scratchRepository } from '../../test/support/git.ts';
import { waiting } from '../../test/support/run.ts';
import {
  ended,
  putExecution,
  putInstance,
  putRun,
  someExecution,
  someInstance,
  someRun,
} from '../../test/support/status-fleet.ts';
import { branch, folderAccess, type StatusScene, statusScene } from '../../test/support/status-scene.ts';
import { pathOf } from './layout.ts';
import { readBranch } from './read-branch.ts';
import { statusRepository } from './status-repository.ts';

const run = someRun('deploy');
const instance = someInstance(1);
let scene: StatusScene;
let remote: ScratchRepository;

beforeEach(async () => {
  scene = await statusScene();
  remote = scratchRepository({ format: 'sha256' });
  remote.commit({ 'manifests/a.yaml': 'a: 1\n' });
  await scene.commit(
    putInstance(instance),
    ...putRun(run),
    putExecution(someExecution(run, instance, waiting)),
  );
});
afterEach(async () => {
  await scene.close();
  remote.remove();
});

test('their status branch is written, and equal bytes are not written again', async () => {
  const writer = scene.writer({ access: folderAccess(remote.folder) });
  expect(await writer.flush()).toMatchObject({ is: 'published', commit: expect.stringMatching(/^.{64}$/) });
  await scene.commit(putExecution(someExecution(run, instance, ended('Success', { exitCode: 0 }))));
  expect(await writer.flush()).toMatchObject({ is: 'published' });
  expect(remote.git('diff', '--name-only', `${branch}~1`, branch)).toBe(pathOf('invocations/deploy'));
  expect(await scene.writer({ access: folderAccess(remote.folder) }).flush()).toEqual({ is: 'unchanged' });
});

test('it is written also where the default branch is one that nobody has made', async () => {
  remote.git('symbolic-ref', 'HEAD', 'refs/heads/nobody');
  expect(await scene.writer({ access: folderAccess(remote.folder) }).flush()).toMatchObject({
    is: 'published',
  });
});

test('a copy of a repository that was converted since is made anew', async () => {
  const folder = join(scene.folder, 'mine.git');
  expect(await scene.writer({ folder }).flush()).toMatchObject({ is: 'published' });
  for (const access of [folderAccess(remote.folder), folderAccess(scene.remote.folder)])
    expect(await scene.writer({ folder, access }).flush()).toMatchObject({
      is: access.address.is === 'folder' && access.address.path === remote.folder ? 'published' : 'unchanged',
    });
});

test('what the branch records is read back', async () => {
  await scene.writer({ access: folderAccess(remote.folder) }).flush();
  const copy = statusRepository({
    folder: join(scene.folder, 'reader.git'),
    access: folderAccess(remote.folder),
    environment: { searchPath: process.env.PATH ?? '', home: scene.folder },
    branch,
    signal: new AbortController().signal,
  });
  const read = await readBranch(copy);
  expect(read.is === 'documents' && read.documents.map(({ kind }) => kind).sort()).toEqual(
    expect.arrayContaining(['ControllerStatus', 'InstanceStatus', 'InvocationStatus']),
  );
});
