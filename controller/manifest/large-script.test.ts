import { expect, test } from 'vitest';
import { sha256 } from '../../schemas/digest.ts';
import { type FixtureFile, snapshotOf } from '../../test/support/memory-snapshot.ts';
import { usualLimits } from './limits.ts';
import { makeParseCache, readCatalog } from './read-catalog.ts';

const head =
  'apiVersion: groundcrew.dev/v1\nkind: Command\nmetadata: {name: big}\nspec:\n  type: RunShellScript\n';
const from = `${head}  contentFrom: {file: big.sh}\n`;
const read = (files: Record<string, FixtureFile>) => readCatalog(snapshotOf(files), makeParseCache());
const long = (beginning: string, bytes: number) =>
  `${beginning}\n${'#'.repeat(bytes - beginning.length - 1)}`;
/** The most that is substituted: Base64 makes four bytes of three. */
const most = (usualLimits.command.bytes / 4) * 3;

test.each([most + 1, 60_000, 70_000, 5_000_000])('a script of %d bytes is kept as a blob', async (size) => {
  const script = long('echo large', size);
  const catalog = await read({ 'manifests/a.yaml': from, 'manifests/big.sh': script });
  expect(catalog.problems).toEqual([]);
  const blob = { sha256: sha256(script), size };
  expect(catalog.commands.get('big')?.spec).toMatchObject({
    script: '',
    scriptDigest: blob.sha256,
    large: { blob, from: { git: sha256(script) } },
  });
});

test('a script that just fits an order is none', async () => {
  const script = long('echo small', most);
  const catalog = await read({ 'manifests/a.yaml': from, 'manifests/big.sh': script });
  expect(catalog.commands.get('big')?.spec).toMatchObject({ script });
  expect(catalog.commands.get('big')?.spec.large).toBeUndefined();
});

test('a large script need not be text', async () => {
  const script = Buffer.concat([Buffer.from('exit\n'), Buffer.alloc(100_000, 0xff)]);
  const catalog = await read({ 'manifests/a.yaml': from, 'manifests/big.sh': script });
  expect(catalog.problems).toEqual([]);
});

test.each([
  ['{{ Who }}', 'GC_PARAM_WHO'],
  ['{{ACS::InstanceId}}', 'GC_PARAM_<NAME>'],
])('a large script that uses %s is refused where it stands, with what to do', async (placeholder, hint) => {
  const manifest = `${from}  parameters: [{name: who, default: you}]\n`;
  const script = long(`#!/bin/sh\necho ${placeholder} {{other}} {{.Names}}`, 70_000);
  const { problems } = await read({ 'manifests/a.yaml': manifest, 'manifests/big.sh': script });
  expect(problems).toMatchObject([
    { code: 'LargeScriptHasPlaceholder', file: 'manifests/big.sh', line: 2, column: 6 },
  ]);
  expect(problems[0]?.hint).toContain(hint);
});

test('what a large script has in double braces means nothing where no parameter has that name', async () => {
  const script = long('docker ps --format "{{.Names}} {{who}}"', 70_000);
  const { problems } = await read({ 'manifests/a.yaml': from, 'manifests/big.sh': script });
  expect(problems).toEqual([]);
});
