// examples/software-lifecycle: a package is installed, upgraded, removed and installed again, by the real apt and dpkg.
import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aptHistory, hasDebianTools, makeSystem, publish, versionOn } from '../support/debian.ts';
import { type RunningExample, startExample } from '../support/example.ts';
import { allows, asRoot } from '../support/namespaces.ts';

const possible = hasDebianTools() && allows();

describe.skipIf(!possible)('where there are apt and dpkg, and who runs this may be root', () => {
  let example: RunningExample;
  let root: string;

  beforeAll(async () => {
    example = await startExample('software-lifecycle');
    root = example.folder.path('system');
    const archive = example.folder.path('archive');
    mkdirSync(archive);
    publish(archive, 'hello', '2.10-3');
    publish(archive, 'hello', '2.10-5');
    makeSystem(root, archive);
    await example.enrol({ name: 'web-1', labels: { role: 'web' }, under: asRoot() });
  }, 60_000);

  afterAll(() => example?.end());

  const commit = (from: string, more = {}) => example.commit(from, { 'parameters.root': root, ...more });

  const installed = () => versionOn(root, 'hello');

  test('a package is installed', async () => {
    commit('manifests');
    expect(await example.ended('install-hello')).toMatchObject({ phase: 'Success' });
    expect(installed()).toBe('2.10-3');
    example.types('groundcrew logs install-hello');
  });

  test('another version takes its place', async () => {
    commit('then/2-upgrade');
    expect(await example.ended('install-hello')).toMatchObject({ phase: 'Success' });
    expect(installed()).toBe('2.10-5');
    example.types('groundcrew logs install-hello');
  });

  test('what is installed already is left alone', async () => {
    const before = aptHistory(root);
    commit('then/2-upgrade', { rerun: 'once more' });
    expect(await example.ended('install-hello')).toMatchObject({ phase: 'Success' });
    expect(example.controller.cli('logs', 'install-hello')).toBe('hello 2.10-5 was installed already\n');
    expect(aptHistory(root)).toEqual(before);
  });

  test('it is removed, and removing it once more does nothing', async () => {
    commit('then/3-remove');
    expect(await example.ended('remove-hello')).toMatchObject({ phase: 'Success' });
    expect(installed()).toBeUndefined();
    example.types('groundcrew logs remove-hello');
    example.types('groundcrew get invocations');

    commit('then/3-remove', { rerun: 'once more' });
    expect(await example.ended('remove-hello')).toMatchObject({ phase: 'Success' });
    expect(example.controller.cli('logs', 'remove-hello')).toBe('hello was not installed\n');
  });

  test('restoring the old manifest installs nothing, and another rerun does', async () => {
    commit('then/2-upgrade');
    const { conditions } = await example.inGit('install-hello');
    expect(conditions).toMatchObject([{ type: 'AlreadyExecuted' }]);
    expect(installed()).toBeUndefined();

    commit('then/4-install-again');
    expect(await example.ended('install-hello')).toMatchObject({ phase: 'Success' });
    expect(installed()).toBe('2.10-5');
    example.types('groundcrew logs install-hello');
  });

  test('a version that there is not fails with what apt says', async () => {
    commit('manifests', { 'parameters.version': '3.0-1' });
    await example.ended('install-hello');
    expect(await example.inGit('install-hello')).toMatchObject({
      phase: 'Failed',
      instances: [
        { exitCode: 100, outputTail: expect.stringContaining("Version '3.0-1' for 'hello' was not found") },
      ],
    });
    expect(installed()).toBe('2.10-5');
  });

  test('the README shows nothing that was not typed here', () => {
    expect(example.untyped()).toEqual([]);
  });
});
