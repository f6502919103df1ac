// examples/fetch-from-object-store: the file that was meant is there, whole, or the one before still is.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningExample, startExample } from '../support/example.ts';
import { type FileServer, startFileServer } from '../support/file-server.ts';

const possible = spawnSync('python3', ['--version']).status === 0;

describe.skipIf(!possible)('where there is python3', () => {
  let example: RunningExample;
  let store: FileServer;

  beforeAll(async () => {
    example = await startExample('fetch-from-object-store', (folder) => ({
      'https://bucket.example.org': store.url,
      '/var/lib/shop': folder.path('shop'),
    }));
    mkdirSync(example.folder.path('bucket'));
    for (const build of [41, 42])
      writeFileSync(example.folder.path(`bucket/catalog-${build}.db`), `catalog, build ${build}\n`);
    store = await startFileServer(example.folder.path('bucket'));
    await example.enrol({ name: 'web-1', labels: { role: 'web' } });
  }, 60_000);

  afterAll(async () => {
    await example?.end();
    await store?.end();
  });

  function commit(from: string, build: number, more = {}): void {
    const place = example.folder.path('shop/catalog.db');
    const url = `${store.url}/catalog-${build}.db`;
    example.commit(from, { 'parameters.place': place, 'parameters.url': url, ...more });
  }

  /** What is in the folder, and in the file. */
  const found = () => [
    readdirSync(example.folder.path('shop')),
    readFileSync(example.folder.path('shop/catalog.db'), 'utf8'),
  ];

  test('the file is fetched, verified and put in its place, for all to read', async () => {
    commit('manifests', 41);
    expect(await example.ended('fetch-catalog')).toMatchObject({ phase: 'Success' });
    expect(found()).toEqual([['catalog.db'], 'catalog, build 41\n']);
    expect(statSync(example.folder.path('shop/catalog.db')).mode & 0o777).toBe(0o644);
    example.types('groundcrew logs fetch-catalog');
  });

  test('what is there already is not fetched again', async () => {
    const asked = store.asked().length;
    commit('manifests', 41, { rerun: 'to see' });
    expect(await example.ended('fetch-catalog')).toMatchObject({ phase: 'Success' });
    expect(store.asked()).toHaveLength(asked);
    expect(example.controller.cli('logs', 'fetch-catalog')).toMatch(/catalog\.db was there already\n$/);
  });

  test('another file than the one that was meant is refused, and the old one stays', async () => {
    writeFileSync(example.folder.path('bucket/catalog-42.db'), 'something else\n');
    commit('then/2-new-build', 42);
    expect(await example.ended('fetch-catalog')).toMatchObject({ phase: 'Failed' });
    example.types('groundcrew logs fetch-catalog');
    const status = await example.inGit('fetch-catalog');
    expect(status).toMatchObject({
      phase: 'Failed',
      instances: [{ exitCode: 65, outputTail: expect.stringContaining('refused') }],
    });
    expect(found()).toEqual([['catalog.db'], 'catalog, build 41\n']);
  });

  test('once the right one is in the store, another rerun fetches it', async () => {
    writeFileSync(example.folder.path('bucket/catalog-42.db'), 'catalog, build 42\n');
    commit('then/2-new-build', 42, { rerun: 'it is the right one now' });
    expect(await example.ended('fetch-catalog')).toMatchObject({ phase: 'Success' });
    expect(found()).toEqual([['catalog.db'], 'catalog, build 42\n']);
  });

  test('a file that cannot be fetched leaves the old one, and nothing beside it', async () => {
    commit('manifests', 43);
    expect(await example.ended('fetch-catalog')).toMatchObject({
      phase: 'Failed',
      instances: [{ exitCode: 69 }],
    });
    expect(example.controller.cli('logs', 'fetch-catalog')).toContain('HTTP Error 404');
    expect(found()).toEqual([['catalog.db'], 'catalog, build 42\n']);
  });

  test('the README shows nothing that was not typed here', () => {
    expect(example.untyped()).toEqual([]);
  });
});
