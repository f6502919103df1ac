// examples/patch-canary-first: a second commit widens the targets, and nothing runs twice on the canary.
import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aptHistory, hasDebianTools, makeSystem, publish, putOn, versionOn } from '../support/debian.ts';
import { type RunningExample, startExample } from '../support/example.ts';
import { allows, withFolder } from '../support/namespaces.ts';

const roles = { 'canary-1': 'canary', 'web-1': 'web', 'web-2': 'web' };
const names = Object.keys(roles);
const [flawed, fixed] = ['3.0.17-1~deb12u2', '3.0.17-1~deb12u3'];

/** Each agent sees a Debian system of its own at the same place. */
const possible = hasDebianTools() && allows('mount');

describe.skipIf(!possible)('where there are apt and dpkg, and agents may have mounts of their own', () => {
  let example: RunningExample;
  let root: string;
  const system = (name: string) => example.folder.path(`system-${name}`);

  beforeAll(async () => {
    example = await startExample('patch-canary-first');
    root = example.folder.path('system');
    const archive = example.folder.path('archive');
    for (const folder of [root, archive]) mkdirSync(folder);
    publish(archive, 'openssl', flawed);
    for (const name of names) {
      makeSystem(system(name), archive);
      putOn(system(name), archive, 'openssl', flawed);
    }
    publish(archive, 'openssl', fixed);
    await example.enrol(
      ...Object.entries(roles).map(([name, role]) => ({
        name,
        labels: { role },
        under: withFolder(system(name), root),
      })),
    );
  }, 60_000);

  afterAll(() => example?.end());

  const versions = () => names.map((name) => versionOn(system(name), 'openssl'));
  const upgrades = () => names.map((name) => aptHistory(system(name)).length);

  test('the first commit patches the canary alone', async () => {
    expect(versions()).toEqual([flawed, flawed, flawed]);
    example.commit('manifests', { 'parameters.root': root });
    expect(await example.ended('patch-openssl')).toMatchObject({ phase: 'Success', counts: { total: 1 } });
    expect(versions()).toEqual([fixed, flawed, flawed]);
    example.types('groundcrew logs patch-openssl');
    example.types('groundcrew get executions --invocation patch-openssl');
  });

  test('the second commit patches the rest, and the canary keeps the execution that it had', async () => {
    const canary = (await example.inGit('patch-openssl')).instances[0];
    expect(canary).toMatchObject({ name: 'canary-1' });
    example.commit('then/2-the-rest', { 'parameters.root': root });
    expect(await example.ended('patch-openssl')).toMatchObject({ phase: 'Success', counts: { total: 3 } });
    expect(versions()).toEqual([fixed, fixed, fixed]);
    expect(upgrades()).toEqual([1, 1, 1]);
    expect((await example.inGit('patch-openssl')).instances).toContainEqual(canary);
    example.types('groundcrew get executions --invocation patch-openssl');
    example.types('groundcrew logs patch-openssl');
  });

  test('a flaw that no version fixes yet is a failure on each machine', async () => {
    example.commit('then/2-the-rest', { 'parameters.root': root, 'parameters.fixed': '3.0.17-1~deb12u4' });
    expect(await example.ended('patch-openssl')).toMatchObject({ phase: 'Failed' });
    const { instances } = await example.inGit('patch-openssl');
    expect(instances.map(({ exitCode }) => exitCode)).toEqual([1, 1, 1]);
    expect(versions()).toEqual([fixed, fixed, fixed]);
  });

  test('the README shows nothing that was not typed here', () => {
    expect(example.untyped()).toEqual([]);
  });
});
