// examples/deploy-application: the release is live, or the one before still is.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningExample, startExample } from '../support/example.ts';
import { type FileServer, startFileServer } from '../support/file-server.ts';

let example: RunningExample;
let store: FileServer;
let shop: FileServer;

beforeAll(async () => {
  example = await startExample('deploy-application', (folder) => ({ '/srv': folder.path('srv') }));
  for (const name of ['releases', 'srv/shop']) mkdirSync(example.folder.path(name), { recursive: true });
  store = await startFileServer(example.folder.path('releases'));
  // The application: it answers with what `current` points to at that moment.
  shop = await startFileServer(example.folder.path('srv/shop/current'));
  await example.enrol({ name: 'web-1', labels: { role: 'web' } });
}, 60_000);

afterAll(async () => {
  await example?.end();
  await store?.end();
  await shop?.end();
});

function release(version: string, says = version): void {
  const content = example.folder.path('content');
  mkdirSync(content, { recursive: true });
  writeFileSync(`${content}/version`, `${says}\n`);
  execFileSync('tar', ['-czf', example.folder.path(`releases/shop-${version}.tar.gz`), '-C', content, '.']);
}

const commit = (from: string, more = {}) =>
  example.commit(from, {
    'parameters.root': example.folder.path('srv'),
    'parameters.from': store.url,
    'parameters.health': `${shop.url}/version`,
    ...more,
  });

const live = () => readlinkSync(example.folder.path('srv/shop/current'));
const kept = () => readdirSync(example.folder.path('srv/shop/releases')).sort();

test('a release becomes live', async () => {
  release('1.4.0');
  commit('manifests');
  expect(await example.ended('deploy-shop')).toMatchObject({ phase: 'Success' });
  expect(live()).toBe('releases/1.4.0');
  example.types('groundcrew logs deploy-shop');
});

test('another version takes its place, and the last two stay', async () => {
  release('1.5.0');
  commit('then/2-new-release');
  expect(await example.ended('deploy-shop')).toMatchObject({ phase: 'Success' });
  expect(live()).toBe('releases/1.5.0');
  example.types('groundcrew logs deploy-shop');
  expect(kept()).toEqual(['1.4.0', '1.5.0']);
});

test('git revert puts no release back, and another rerun does', async () => {
  example.repository.git('revert', '--no-edit', 'HEAD');
  example.repository.git('push', '-q', 'origin', 'main');
  example.controller.cli('reconcile');
  const { conditions } = await example.inGit('deploy-shop');
  expect(conditions).toMatchObject([{ type: 'AlreadyExecuted' }]);
  expect(live()).toBe('releases/1.5.0');
  example.types('groundcrew describe invocation deploy-shop');

  const fetched = store.asked().length;
  commit('then/3-roll-back');
  expect(await example.ended('deploy-shop')).toMatchObject({ phase: 'Success' });
  expect(live()).toBe('releases/1.4.0');
  example.types('groundcrew logs deploy-shop');
  expect(store.asked()).toHaveLength(fetched);
});

test('a release that does not answer as itself is not left live', async () => {
  release('1.6.0', 'something else');
  commit('manifests', { 'parameters.version': '1.6.0', 'parameters.patience': '2' });
  expect(await example.ended('deploy-shop')).toMatchObject({ phase: 'Failed' });
  expect(await example.inGit('deploy-shop')).toMatchObject({
    instances: [{ exitCode: 1, outputTail: expect.stringContaining('1.4.0 is live again') }],
  });
  expect(live()).toBe('releases/1.4.0');
  expect(kept()).toEqual(['1.4.0', '1.5.0']);
  example.types('groundcrew logs deploy-shop');
});

test('a release that cannot be fetched changes nothing', async () => {
  commit('manifests', { 'parameters.version': '9.9.9' });
  const status = await example.ended('deploy-shop');
  expect(status).toMatchObject({ phase: 'Failed', instances: [{ exitCode: 66 }] });
  expect(live()).toBe('releases/1.4.0');
  expect(kept()).toEqual(['1.4.0', '1.5.0']);
});

test('of three releases two are kept, and no work of an earlier run', async () => {
  mkdirSync(example.folder.path('srv/shop/.work-cut-off'));
  release('1.7.0');
  commit('manifests', { 'parameters.version': '1.7.0' });
  expect(await example.ended('deploy-shop')).toMatchObject({ phase: 'Success' });
  expect(kept()).toEqual(['1.4.0', '1.7.0']);
  expect(readdirSync(example.folder.path('srv/shop')).sort()).toEqual(['current', 'releases']);
});

test('the README shows nothing that was not typed here', () => {
  expect(example.untyped()).toEqual([]);
});
