import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { sha256 } from '../../schemas/digest.ts';
import { type FixtureFile, snapshotOf } from '../../test/support/memory-snapshot.ts';
import { usualLimits } from './limits.ts';
import { makeParseCache, readCatalog } from './read-catalog.ts';

const head =
  'apiVersion: groundcrew.dev/v1\nkind: Invocation\nmetadata: {name: send}\nspec:\n  targets: {selector: {}}\n';
const sending = (file: string, rest = '') =>
  `${head}${rest}  sendFile: {name: motd, targetDir: /etc, ${file}}\n`;
const read = (files: Record<string, FixtureFile>) => readCatalog(snapshotOf(files), makeParseCache());

async function sent(manifest: string, more: Record<string, FixtureFile> = {}) {
  const catalog = await read({ 'manifests/a.yaml': manifest, ...more });
  expect(catalog.problems).toEqual([]);
  const does = catalog.invocations.get('send')?.does;
  if (does === undefined || !('send' in does)) throw new Error('it sends nothing');
  return does;
}

async function faults(manifest: string, more: Record<string, FixtureFile> = {}) {
  const { problems, broken } = await read({ 'manifests/a.yaml': manifest.replace('‸', ''), ...more });
  expect(broken.invocations).toEqual(new Set(['send']));
  const before = manifest.slice(0, manifest.indexOf('‸')).split('\n');
  for (const { line, column } of problems)
    expect({ line, column }).toEqual({ line: before.length, column: (before.at(-1)?.length ?? 0) + 1 });
  return problems.map(({ code }) => code);
}

test('a file to send comes out with its defaults filled in', async () => {
  const { send, content } = await sent(sending('content: hello'));
  const blob = { sha256: sha256('hello'), size: 5 };
  expect(send).toEqual({ name: 'motd', targetDir: '/etc', mode: '0644', overwrite: false, blob });
  expect(content).toEqual({ blob, from: { bytes: Buffer.from('hello') } });
});

test('what is said of a file to send is kept', async () => {
  const { send } = await sent(
    sending('content: x, owner: www-data, group: adm, mode: "4750", overwrite: true'),
  );
  expect(send).toMatchObject({ owner: 'www-data', group: 'adm', mode: '4750', overwrite: true });
});

test('source, content and contentBase64 of the same bytes are the same blob', async () => {
  const text = await sent(sending('content: hello'));
  const base64 = await sent(sending(`contentBase64: ${btoa('hello')}`));
  const file = await sent(sending('source: ../files/a'), { 'files/a': 'hello' });
  expect([base64.send, file.send]).toEqual([text.send, text.send]);
  expect(file.content.from).toEqual({ git: sha256('hello') });
});

test('a source may be binary, empty, and larger than any script', async () => {
  const bytes = randomBytes(3 * 1024 * 1024);
  const { send } = await sent(sending('source: a.bin'), { 'manifests/a.bin': bytes });
  expect(send.blob).toEqual({ sha256: sha256(bytes), size: bytes.length });
  const nothing = await sent(sending('source: a.bin'), { 'manifests/a.bin': '' });
  expect(nothing.send.blob.size).toBe(0);
});

test('a source that changes is another blob, and one that does not is read once', async () => {
  const cache = makeParseCache();
  const manifests = { 'manifests/a.yaml': sending('source: a.bin') };
  const first = await readCatalog(snapshotOf({ ...manifests, 'manifests/a.bin': 'one' }), cache);
  const later = snapshotOf({ ...manifests, 'manifests/a.bin': 'two' }, 'c2');
  const second = await readCatalog(later, cache);
  expect(first.invocations.get('send')?.does).toMatchObject({ send: { blob: { sha256: sha256('one') } } });
  expect(second.invocations.get('send')?.does).toMatchObject({ send: { blob: { sha256: sha256('two') } } });
  const same = snapshotOf({ ...manifests, 'manifests/a.bin': 'two', readme: 'x' }, 'c3');
  await readCatalog(same, cache);
  expect(same.reads).toEqual([]);
});

test.each([
  ['a name with a slash', 'content: x, name: ‸etc/motd', 'FileNameInvalid'],
  ['a name that leads upwards', 'content: x, name: ‸..', 'FileNameInvalid'],
  ['a name that is the folder', 'content: x, name: ‸.', 'FileNameInvalid'],
  ['a name with a NUL', 'content: x, name: ‸"a\\0b"', 'FileNameInvalid'],
  ['a name with a line break', 'content: x, name: ‸"a\\nb"', 'FileNameInvalid'],
  ['a name of too many bytes', `content: x, name: ‸${'ü'.repeat(128)}`, 'FileNameInvalid'],
  ['a name of too many characters', `content: x, name: ‸${'a'.repeat(256)}`, 'TextTooLong'],
  ['an owner of too many characters', `content: x, owner: ‸${'a'.repeat(65)}`, 'TextTooLong'],
  ['a group of too many characters', `content: x, group: ‸${'a'.repeat(65)}`, 'TextTooLong'],
  ['a mode in letters', 'content: x, mode: ‸u+x', 'FileAuthorityInvalid'],
  ['a mode of two digits', 'content: x, mode: ‸"64"', 'FileAuthorityInvalid'],
  ['a mode that is not octal', 'content: x, mode: ‸"0888"', 'FileAuthorityInvalid'],
  ['a mode without quotes', 'content: x, mode: ‸0644', 'WrongType'],
  ['content that is not Base64', 'contentBase64: ‸"a?"', 'FileContentInvalid'],
  ['content that is too large', `content: ‸${'x'.repeat(usualLimits.file.bytes)}`, 'FileContentTooLarge'],
  ['a source that is missing', 'source: ‸a.bin', 'ContentFileMissing'],
  ['a source outside of the repository', 'source: ‸../../a.bin', 'ContentFileOutside'],
  ['a source by an absolute path', 'source: ‸/etc/passwd', 'ContentFileOutside'],
])('%s is refused where it stands', async (_, fields, code) => {
  const name = fields.includes('name:') ? '' : 'name: motd, ';
  const manifest = `${head}  sendFile: {${name}targetDir: /etc, ${fields}}\n`;
  expect(await faults(manifest)).toEqual([code]);
});

test.each([
  ['empty', "''", 'TextTooShort'],
  ['relative', 'etc', 'FilePathInvalid'],
  ['one that leads upwards', '/etc/../root', 'FilePathInvalid'],
  ['one with a NUL', '"/etc\\0"', 'FilePathInvalid'],
  ['one of too many characters', `/${'a'.repeat(255)}`, 'TextTooLong'],
])('a folder that is %s is refused', async (_, folder, code) => {
  expect(await faults(`${head}  sendFile: {name: motd, content: x, targetDir: ‸${folder}}\n`)).toEqual([
    code,
  ]);
});

test('a source that is a symbolic link, or in a submodule, is refused', async () => {
  const through = (source: string, files: Record<string, FixtureFile>) =>
    faults(sending(`source: ‸${source}`), files);
  expect(await through('../link', { link: { mode: '120000' } })).toEqual(['ContentFileIsSymlink']);
  expect(await through('../vendor/a', { vendor: { mode: '160000' } })).toEqual(['ContentFileInSubmodule']);
});

test('a source that is larger than a blob may be is refused without being hashed', async () => {
  const manifest = sending('source: ‸../a.bin');
  expect(await faults(manifest, { 'a.bin': Buffer.alloc(usualLimits.file.blobBytes + 1) })).toEqual([
    'ContentFileTooLarge',
  ]);
});

test.each([
  'workingDir: /',
  'username: nobody',
  'launcher: bash',
  'parameters: {a: b}',
  'terminationMode: Process',
])('%s beside sendFile is refused by its name', async (field) => {
  expect(await faults(sending('content: x', `  ‸${field}\n`))).toEqual(['CommandFieldUnused']);
});

test('a file is sent on a schedule, and one whose ticks are closer than its timeout is refused', async () => {
  await sent(sending('content: x', '  frequency: rate(5m)\n'));
  expect(await faults(sending('content: x', '  timeout: 10m\n  frequency: rate(‸5m)\n'))).toEqual([
    'InvalidRateExpression',
  ]);
});
