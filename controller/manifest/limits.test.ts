import { describe, expect, test } from 'vitest';
import { settings } from '../../cli/config/settings.ts';
import { snapshotOf } from '../../test/support/memory-snapshot.ts';
import type { Catalog } from './catalog.ts';
import { type Limits, limitsOf, usualLimits } from './limits.ts';
import { makeParseCache, readCatalog } from './read-catalog.ts';

const read = (files: Record<string, string>, limits?: Limits) =>
  readCatalog(snapshotOf(files), makeParseCache(limits));
const codesOf = async (text: string, limits?: Limits) =>
  (await read({ 'manifests/a.yaml': text }, limits)).problems.map(({ code }) => code);

const manifest = (kind: string, name: string, spec: string) =>
  `apiVersion: groundcrew.dev/v1\nkind: ${kind}\nmetadata: {name: ${name}}\nspec:\n${spec}`;
const command = (name: string, script = 'date', rest = '') =>
  manifest('Command', name, `  type: RunShellScript\n  content: '${script}'\n${rest}`);
const inline = (script: string, rest = '', name = 'now') =>
  manifest(
    'Invocation',
    name,
    `  targets: {selector: {}}\n  command:\n    type: RunShellScript\n    content: '${script}'\n${rest}`,
  );

test('the usual limits are the defaults of the settings', () => {
  const defaults = Object.fromEntries(settings().map(({ name, default: usual }) => [name, usual]));
  expect(limitsOf(defaults as Parameters<typeof limitsOf>[0])).toEqual(usualLimits);
  expect(limitsOf({})).toEqual(usualLimits);
});

describe('size in Base64', () => {
  const most = (kib: number) => 'x'.repeat((kib * 1024 * 3) / 4);

  test.each([
    ['a Command', 18, (script: string) => command('a', script)],
    ['an inline command that is kept', 18, (script: string) => inline(script, '    keep: true\n')],
    ['an inline command', 24, (script: string) => inline(script)],
  ])('of %s is %d KiB at most, to the byte', async (_, kib, text) => {
    expect(await codesOf(text(most(kib)))).toEqual([]);
    expect(await codesOf(text(`${most(kib)}x`))).toEqual(['ScriptTooLarge']);
  });

  test.each([
    ['a Command', 18, ''],
    ['an inline command that is kept', 18, '    keep: true\n'],
    ['an inline command', 24, ''],
  ])('of %s counts its values, each a second time in Base64', async (what, kib, rest) => {
    const bytes = (text: string) => 4 * Math.ceil(Buffer.byteLength(text) / 3);
    const definitions = '  parameters: [{name: p}]\n';
    const text = (length: number) => {
      const value = `  parameters: {p: ${'y'.repeat(length)}}\n`;
      return what === 'a Command'
        ? `${command('a', 'date', definitions)}---\n${manifest('Invocation', 'b', `  commandRef: {name: a}\n  targets: {selector: {}}\n${value}`)}`
        : inline('date', `  ${definitions}${rest}${value}`);
    };
    let length = kib * 768 - 16;
    while (bytes('date') + bytes(JSON.stringify({ p: 'y'.repeat(length + 1) })) <= kib * 1024) length += 1;
    expect(await codesOf(text(length))).toEqual([]);
    expect(await codesOf(text(length + 1))).toEqual(['ScriptTooLarge']);
  });

  test('can be configured', async () => {
    const limits = limitsOf({ 'max-command-size': 8, 'max-inline-size': 12 });
    expect(await codesOf(command('a', '123456'), limits)).toEqual([]);
    expect(await codesOf(command('a', '1234567'), limits)).toEqual(['ScriptTooLarge']);
    expect(await codesOf(inline('123456789'), limits)).toEqual([]);
    expect(await codesOf(inline('1234567890'), limits)).toEqual(['ScriptTooLarge']);
  });

  test('of a script in a file of the repository may be raised beyond what is read usually', async () => {
    const files = {
      'manifests/a.yaml': manifest('Command', 'a', '  type: RunShellScript\n  contentFrom: {file: a.sh}\n'),
      'manifests/a.sh': 'x'.repeat(100 * 1024),
    };
    const limits = limitsOf({ 'max-command-size': 256 * 1024 });
    const scriptOf = (catalog: Catalog) => catalog.commands.get('a')?.spec.script;
    expect(scriptOf(await read(files))).toBe('');
    expect(scriptOf(await read(files, limits))).toBe(files['manifests/a.sh']);
  });

  test('of a file of the repository may be lowered', async () => {
    const files = {
      'manifests/a.yaml': manifest('Command', 'a', '  type: RunShellScript\n  contentFrom: {file: a.sh}\n'),
      'manifests/a.sh': 'x'.repeat(100 * 1024),
    };
    expect((await read(files, limitsOf({ 'max-blob-size': 100 * 1024 }))).problems).toEqual([]);
    expect((await read(files, limitsOf({ 'max-blob-size': 100 * 1024 - 1 }))).problems).toMatchObject([
      { code: 'ContentFileTooLarge' },
    ]);
  });
});

describe('a file to send', () => {
  const send = (content: string) =>
    manifest(
      'Invocation',
      'motd',
      `  targets: {selector: {}}\n  sendFile: {name: motd, targetDir: /etc, content: '${content}'}\n`,
    );
  const bytes = (kib: number) => 'x'.repeat((kib * 1024 * 3) / 4);

  test('has 32 KiB in Base64 at most where it stands in the manifest, to the byte', async () => {
    expect(await codesOf(send(bytes(32)))).toEqual([]);
    expect(await codesOf(send(`${bytes(32)}x`))).toEqual(['FileContentTooLarge']);
  });

  test('may have more there, or less', async () => {
    expect(await codesOf(send(bytes(64)), limitsOf({ 'max-file-size': 64 * 1024 }))).toEqual([]);
    expect(await codesOf(send('123456'), limitsOf({ 'max-file-size': 8 }))).toEqual([]);
    expect(await codesOf(send('1234567'), limitsOf({ 'max-file-size': 8 }))).toEqual(['FileContentTooLarge']);
  });
});

describe('parameters', () => {
  const parameters = (count: number) =>
    `  parameters: [${Array.from({ length: count }, (_, at) => `{name: p${at}, default: x}`).join(', ')}]\n`;

  test('are 20 at most', async () => {
    expect(await codesOf(command('a', 'date', parameters(20)))).toEqual([]);
    expect(await codesOf(command('a', 'date', parameters(21)))).toEqual(['TooManyItems']);
    expect(await codesOf(inline('date', `  ${parameters(21)}`))).toEqual(['TooManyItems']);
  });

  test('may be more, or fewer', async () => {
    expect(await codesOf(command('a', 'date', parameters(30)), limitsOf({ 'max-parameters': 30 }))).toEqual(
      [],
    );
    expect(await codesOf(command('a', 'date', parameters(1)), limitsOf({ 'max-parameters': 0 }))).toEqual([
      'TooManyItems',
    ]);
  });
});

test('lengths of texts can be configured', async () => {
  const texts = (length: number) =>
    `  description: ${'d'.repeat(length)}\n  workingDir: /${'w'.repeat(length)}\n  launcher: ${'l'.repeat(length)}\n`;
  const limits = limitsOf({
    'max-description-length': 5,
    'max-path-length': 6,
    'max-launcher-size': 5,
  });
  expect(await codesOf(command('a', 'date', texts(5)), limits)).toEqual([]);
  expect(await codesOf(command('a', 'date', texts(6)), limits)).toEqual([
    'TextTooLong',
    'TextTooLong',
    'InvalidLauncher',
  ]);
  const more = limitsOf({
    'max-description-length': 4096,
    'max-path-length': 4096,
    'max-launcher-size': 4096,
  });
  expect(await codesOf(command('a', 'date', texts(4000)))).toEqual([
    'TextTooLong',
    'TextTooLong',
    'InvalidLauncher',
  ]);
  expect(await codesOf(command('a', 'date', texts(4000)), more)).toEqual([]);
});

test('intervals can be configured', async () => {
  const every = (frequency: string) => inline('date', `    timeout: 1s\n  frequency: ${frequency}\n`);
  const limits = limitsOf({ 'min-rate-interval': '5s', 'max-rate-interval': '2h', 'min-cron-interval': 60 });
  expect(await codesOf(every('rate(5s)'))).toEqual(['InvalidRateExpression']);
  expect(await codesOf(every('rate(5s)'), limits)).toEqual([]);
  expect(await codesOf(every('rate(4s)'), limits)).toEqual(['InvalidRateExpression']);
  expect(await codesOf(every('rate(3h)'))).toEqual([]);
  expect(await codesOf(every('rate(3h)'), limits)).toEqual(['RateFrequencyTooLarge']);
  expect(await codesOf(every('0/30 * * * * ?'))).toEqual([]);
  expect(await codesOf(every('0/30 * * * * ?'), limits)).toEqual(['BadCronExpression']);
});

describe('the quota of Commands', () => {
  const three = limitsOf({ 'max-commands': 3 });

  test('is 500', async () => {
    const many = (count: number) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, at) => [`manifests/${1000 + at}.yaml`, command(`c-${at}`)]),
      );
    expect((await read(many(500))).problems).toEqual([]);
    const { problems, commands, broken } = await read(many(501));
    expect(problems).toMatchObject([
      { code: 'CommandQuotaExceeded', file: 'manifests/1500.yaml', line: 3, column: 18 },
    ]);
    expect(commands.size).toBe(500);
    expect(broken.commands).toEqual(new Set(['c-500']));
  });

  test('leaves out those beyond it, in the order of file and line, and what refers to them', async () => {
    const reference = (name: string) =>
      manifest('Invocation', `run-${name}`, `  commandRef: {name: ${name}}\n  targets: {selector: {}}\n`);
    const { problems, broken } = await read(
      {
        'manifests/b.yaml': `${command('first')}---\n${command('second')}---\n${command('z')}`,
        'manifests/a.yaml': command('zz'),
        'manifests/c.yaml': `${reference('z')}---\n${reference('second')}`,
      },
      three,
    );
    expect(problems.map(({ code, file, line }) => `${code} ${file}:${line}`)).toEqual([
      'CommandQuotaExceeded manifests/b.yaml:17',
      'BrokenCommand manifests/c.yaml:5',
    ]);
    expect(broken).toEqual({ commands: new Set(['z']), invocations: new Set(['run-z']) });
  });

  test('counts what is kept, and what is broken and may still be in force', async () => {
    const { problems } = await read(
      {
        'manifests/a.yaml': inline('date', '    keep: true\n', 'kept'),
        'manifests/b.yaml': command('broken', 'date', '  nonsense: 1\n'),
        'manifests/c.yaml': `${command('c')}---\n${inline('date')}---\n${command('d')}`,
      },
      three,
    );
    expect(problems.map(({ code, file, line }) => `${code} ${file}:${line}`)).toEqual([
      'UnknownField manifests/b.yaml:7',
      'CommandQuotaExceeded manifests/c.yaml:19',
    ]);
  });

  test('is free again when a Command is deleted', async () => {
    const cache = makeParseCache(three);
    const files: Record<string, string> = Object.fromEntries(
      ['a', 'b', 'c', 'd'].map((name) => [`manifests/${name}.yaml`, command(name)]),
    );
    const before = await readCatalog(snapshotOf(files, 'c1'), cache);
    expect([...before.broken.commands]).toEqual(['d']);
    delete files['manifests/b.yaml'];
    const after = await readCatalog(snapshotOf(files, 'c2'), cache);
    expect(after.problems).toEqual([]);
    expect([...after.commands.keys()].sort()).toEqual(['a', 'c', 'd']);
    expect(after.changesFrom?.commands).toEqual(new Set(['b', 'd']));
  });

  test('can be none at all', async () => {
    expect(await codesOf(command('a'), limitsOf({ 'max-commands': 0 }))).toEqual(['CommandQuotaExceeded']);
    expect(await codesOf(inline('date'), limitsOf({ 'max-commands': 0 }))).toEqual([]);
  });
});
