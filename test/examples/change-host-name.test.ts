// examples/change-host-name: a machine gets its name; this one keeps its own.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningExample, startExample } from '../support/example.ts';
import { allows, hostNamed } from '../support/namespaces.ts';

const ours = hostname();

/** Each agent has a host name of its own, so that ours is not touched. */
describe.skipIf(!allows('uts'))('where agents may have a host name of their own', () => {
  let example: RunningExample;
  let root: string;

  beforeAll(async () => {
    example = await startExample('change-host-name');
    root = example.folder.path('system');
    mkdirSync(`${root}/etc`, { recursive: true });
    writeFileSync(`${root}/etc/hostname`, 'template\n');
    await example.enrol({ name: 'web-1', under: hostNamed('template') });
  }, 60_000);

  afterAll(() => example?.end());

  const commit = (more = {}) => example.commit('manifests', { 'parameters.root': root, ...more });
  const afterBoot = () => readFileSync(`${root}/etc/hostname`, 'utf8').trim();

  test('the machine has the name, now and after a boot, and it alone', async () => {
    expect(ours).not.toBe('shop-1');
    commit();
    await example.ended('name-shop-1');
    expect(await example.inGit('name-shop-1')).toMatchObject({
      phase: 'Success',
      instances: [{ exitCode: 0 }],
    });
    example.types('groundcrew logs name-shop-1');
    expect(afterBoot()).toBe('shop-1');
    expect(hostname()).toBe(ours);
  });

  test('groundcrew calls it as before', () => {
    const instances = JSON.parse(example.controller.cli('get', 'instances', '-o', 'json')).items;
    expect(instances).toMatchObject([{ metadata: { name: 'web-1' } }]);
    example.types('groundcrew get executions --invocation name-shop-1');
  });

  test('run once more it changes nothing', async () => {
    commit({ rerun: 'to see' });
    expect(await example.ended('name-shop-1')).toMatchObject({ phase: 'Success' });
    expect(example.controller.cli('logs', 'name-shop-1')).toBe('shop-1 is called shop-1\n');
  });

  test('a machine that is not the one that was meant keeps its name', async () => {
    commit({ 'parameters.name': 'shop-2' });
    expect(await example.ended('name-shop-1')).toMatchObject({
      phase: 'Failed',
      instances: [{ exitCode: 65 }],
    });
    example.types('groundcrew logs name-shop-1');
    expect(afterBoot()).toBe('shop-1');
  });

  test('the README shows nothing that was not typed here', () => {
    expect(example.untyped()).toEqual([]);
  });
});

test('the host name of this machine is what it was', () => {
  expect(hostname()).toBe(ours);
});
