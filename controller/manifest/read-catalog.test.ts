import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type FixtureFile, snapshotOf } from '../../test/support/memory-snapshot.ts';
import type { Catalog } from './catalog.ts';
import { limitsOf } from './limits.ts';
import { makeParseCache, readCatalog } from './read-catalog.ts';

const command = (name: string, spec = "content: 'true'") =>
  `apiVersion: groundcrew.dev/v1\nkind: Command\nmetadata: {name: ${name}}\nspec:\n  type: RunShellScript\n  ${spec}\n`;
const invocation = (name: string, ref: string, spec = '') =>
  `apiVersion: groundcrew.dev/v1\nkind: Invocation\nmetadata: {name: ${name}}\nspec:\n  commandRef: {name: ${ref}}\n  targets: {selector: {}}\n${spec}`;
const kept = (name: string, more = '') =>
  `apiVersion: groundcrew.dev/v1\nkind: Invocation\nmetadata: {name: ${name}}\nspec:\n  targets: {selector: {}}\n  command:\n    type: RunShellScript\n    keep: true\n    contentFrom: {file: ../s/x.sh}\n    parameters: [{name: p, default: v}]\n${more}`;

const read = (files: Record<string, FixtureFile>) => readCatalog(snapshotOf(files), makeParseCache());
const codes = (catalog: Catalog) => catalog.problems.map(({ code, file }) => `${code} ${file}`);

test('a command and an invocation come out with their defaults filled in', async () => {
  const catalog = await read({
    'manifests/a.yaml': `${command('hello', "content: 'echo {{WHO}}'\n  parameters: [{name: Who, default: world}]")}---\n${invocation('greet', 'hello', '  parameters: {WHO: you}\n')}`,
  });
  expect(catalog.problems).toEqual([]);
  expect(catalog.commands.get('hello')).toMatchObject({
    place: { file: 'manifests/a.yaml', line: 3, column: 18 },
    spec: {
      type: 'RunShellScript',
      script: 'echo {{WHO}}',
      timeoutSeconds: 60,
      parameters: [{ name: 'who', default: 'world', required: false }],
    },
  });
  const greet = catalog.invocations.get('greet');
  expect(greet?.parameters.get('who')).toMatchObject({ value: 'you', place: { line: 15 } });
  expect(greet).toMatchObject({ stop: false, deletionPolicy: 'Finish', targets: { lateJoiners: 'Ignore' } });
});

test('only yaml files below the manifest path are read, and hidden ones are not', async () => {
  const catalog = await read({
    'manifests/deep/a.yml': command('a'),
    'manifests/readme.md': 'x: [',
    'manifests/.b.yaml': 'x: [',
    'manifests/.git/c.yaml': 'x: [',
    'manifests2/d.yaml': 'x: [',
    'e.yaml': 'x: [',
  });
  expect([...catalog.commands.keys()]).toEqual(['a']);
  expect(catalog.problems).toEqual([]);
  expect(catalog.paths.has('manifests/deep/a.yml')).toBe(true);
  expect(catalog.paths.has('e.yaml')).toBe(false);
});

test('empty documents and files declare nothing and are no problem', async () => {
  const catalog = await read({ 'manifests/a.yaml': '---\n# nothing\n---\n', 'manifests/b.yaml': '' });
  expect(catalog).toMatchObject({ problems: [], unreadable: new Set() });
});

test('a file with a byte order mark and Windows line ends is read', async () => {
  const catalog = await read({ 'manifests/a.yaml': `\ufeff${command('a').replaceAll('\n', '\r\n')}` });
  expect(codes(catalog)).toEqual([]);
  expect(catalog.commands.get('a')?.place).toMatchObject({ line: 3, column: 18 });
});

test('bytes that are not UTF-8 are shown where they stand', async () => {
  const bytes = Buffer.concat([Buffer.from('a: 1\nb: é'), Buffer.from([0xff, 0x41])]);
  const { problems } = await read({ 'manifests/a.yaml': bytes });
  expect(problems).toMatchObject([{ code: 'FileNotUtf8', line: 2, column: 5 }]);
});

test('one broken document of a file leaves the others in use, and the file is not to be pruned from', async () => {
  const catalog = await read({ 'manifests/a.yaml': `${command('a')}---\n${command('b')}---\nx: [\n` });
  expect([...catalog.commands.keys()].sort()).toEqual(['a', 'b']);
  expect(catalog.unreadable).toEqual(new Set(['manifests/a.yaml']));
});

test('a document that is wrong but says its name is broken by name', async () => {
  const catalog = await read({ 'manifests/a.yaml': command('a', 'contnet: x') });
  expect(catalog.broken.commands).toEqual(new Set(['a']));
  expect(catalog.unreadable).toEqual(new Set());
});

test('a symbolic link and a submodule are refused, and what lay below them is not to be pruned', async () => {
  const catalog = await read({
    'manifests/a.yaml': { mode: '120000' },
    'manifests/team': { mode: '120000' },
    'manifests/vendor': { mode: '160000' },
  });
  expect(codes(catalog)).toEqual([
    'FileIsSymlink manifests/a.yaml',
    'FileIsSymlink manifests/team',
    'FileIsSubmodule manifests/vendor',
  ]);
  expect(catalog.unreadable).toEqual(new Set(['manifests/a.yaml', 'manifests/team', 'manifests/vendor']));
  expect(catalog.paths.has('manifests/team/b.yaml')).toBe(false);
});

test('too many files are refused as a whole, and nothing may be pruned meanwhile', async () => {
  const snapshot = snapshotOf({ 'manifests/0.yaml': command('a') });
  const [file = { blob: '', mode: '' }] = snapshot.files.values();
  const files = new Map(Array.from({ length: 200_001 }, (_, index) => [`manifests/${index}.yaml`, file]));
  const catalog = await readCatalog({ ...snapshot, files }, makeParseCache());
  expect(codes(catalog)).toEqual(['TooManyFiles manifests']);
  expect(catalog.unreadable.size).toBe(1);
  expect(catalog.paths.has('manifests/0.yaml')).toBe(false);
});

test('a path that cannot be one is a problem for as long as it is there', async () => {
  const cache = makeParseCache();
  const snapshot = snapshotOf({ 'manifests/a.yaml': command('a') });
  const odd = { ...snapshot, unreadable: ['manifests/\\xff.yaml', 'manifests/\\xff.sh', 'else/\\xff.yaml'] };
  const catalog = await readCatalog(odd, cache);
  expect(codes(catalog)).toEqual(['FileNameUnusable manifests/\\xff.yaml']);
  expect(catalog.unreadable).toEqual(new Set(['manifests/\\xff.yaml']));
  expect((await readCatalog({ ...odd, commit: 'c2' }, cache)).problems).toHaveLength(1);
  expect((await readCatalog({ ...snapshot, commit: 'c3' }, cache)).problems).toEqual([]);
});

test('a parameter that may be left out and has no default is empty', async () => {
  const { commands } = await read({
    'manifests/a.yaml': command(
      'a',
      "content: 'echo {{p}}'\n  parameters: [{name: p, required: false, enum: [x]}]",
    ),
  });
  expect(commands.get('a')?.spec.parameters).toEqual([
    { name: 'p', required: false, default: '', enum: ['x'] },
  ]);
});

test('two manifests of one name are both broken, and each says where the other is', async () => {
  const catalog = await read({ 'manifests/a.yaml': command('x'), 'manifests/b.yaml': command('x') });
  expect(catalog.commands.size).toBe(0);
  expect(catalog.broken.commands).toEqual(new Set(['x']));
  expect(catalog.problems).toMatchObject([
    {
      code: 'DuplicateName',
      file: 'manifests/a.yaml',
      message: expect.stringContaining('manifests/b.yaml:3:18'),
    },
    {
      code: 'DuplicateName',
      file: 'manifests/b.yaml',
      message: expect.stringContaining('manifests/a.yaml:3:18'),
    },
  ]);
});

test('a command and an invocation may have the same name', async () => {
  const catalog = await read({ 'manifests/a.yaml': command('x'), 'manifests/b.yaml': invocation('x', 'x') });
  expect(catalog.problems).toEqual([]);
});

test('an invocation of a broken command is itself broken, with a problem that says so', async () => {
  const catalog = await read({
    'manifests/a.yaml': command('a', 'contnet: x'),
    'manifests/b.yaml': invocation('i', 'a'),
  });
  expect(codes(catalog)).toEqual(['UnknownField manifests/a.yaml', 'BrokenCommand manifests/b.yaml']);
  expect(catalog.broken.invocations).toEqual(new Set(['i']));
});

test('a misspelt reference is told what was meant, also where the invocation is wrong besides', async () => {
  const catalog = await read({
    'manifests/a.yaml': command('hello'),
    'manifests/b.yaml': invocation('i', 'helo', '  stop: 1\n'),
  });
  expect(catalog.problems).toMatchObject([
    { code: 'UnknownCommand', hint: 'Did you mean "hello"?' },
    { code: 'WrongType' },
  ]);
});

test('a Command that is gone is broken for as long as an Invocation refers to it', async () => {
  const cache = makeParseCache();
  const both = { 'manifests/a.yaml': command('a'), 'manifests/b.yaml': invocation('i', 'a') };
  await readCatalog(snapshotOf(both), cache);
  const { 'manifests/a.yaml': deleted, ...rest } = both;
  const without = await readCatalog(snapshotOf(rest, 'c2'), cache);
  expect(codes(without)).toEqual(['UnknownCommand manifests/b.yaml']);
  expect(without.broken).toEqual({ commands: new Set(['a']), invocations: new Set(['i']) });
  const neither = await readCatalog(snapshotOf({}, 'c3'), cache);
  expect(neither.broken).toEqual({ commands: new Set(), invocations: new Set() });
  expect(neither.changesFrom?.commands).toEqual(new Set(['a']));
  const again = await readCatalog(snapshotOf({ 'manifests/a.yaml': deleted }, 'c4'), cache);
  expect(again.problems).toEqual([]);
});

test('a script of another file is taken from the same commit', async () => {
  const files = {
    'manifests/a/a.yaml': command('a', 'contentFrom: {file: ../../scripts/x.sh}'),
    'scripts/x.sh': 'echo hi\n',
  };
  const catalog = await read(files);
  expect(catalog.commands.get('a')?.spec.script).toBe('echo hi\n');
});

test('content, contentBase64 and contentFrom of the same text are the same script', async () => {
  const script = 'echo "grüß dich"\n';
  const catalog = await read({
    'manifests/a.yaml': command('a', `content: ${JSON.stringify(script)}`),
    'manifests/b.yaml': command('b', `contentBase64: ${Buffer.from(script).toString('base64')}`),
    'manifests/c.yaml': command('c', 'contentFrom: {file: c.sh}'),
    'manifests/c.sh': script,
  });
  expect(catalog.problems).toEqual([]);
  const scripts = ['a', 'b', 'c'].map((name) => catalog.commands.get(name)?.spec.script);
  expect(scripts).toEqual([script, script, script]);
});

test.each([
  ['ContentFileMissing manifests/a.yaml', 'x.sh', {}],
  ['ContentFileIsSymlink manifests/a.yaml', 'x.sh', { 'manifests/x.sh': { mode: '120000' as const } }],
  ['ContentFileIsSymlink manifests/a.yaml', '../lib/x.sh', { lib: { mode: '120000' as const } }],
  ['ContentFileInSubmodule manifests/a.yaml', '../lib/x.sh', { lib: { mode: '160000' as const } }],
  ['ContentFileOutside manifests/a.yaml', '../../x.sh', {}],
  ['ScriptNotUtf8 manifests/a.yaml', '../x.sh', { 'x.sh': Buffer.from([0xff]) }],
  ['ScriptEmpty manifests/a.yaml', '../x.sh', { 'x.sh': '' }],
  ['InvalidSystemBuiltInParameter x.sh', '../x.sh', { 'x.sh': 'echo\necho {{ACS::Nobody}}' }],
])('%s: contentFrom %s', async (expected, file, others: Record<string, FixtureFile>) => {
  const catalog = await read({ 'manifests/a.yaml': command('a', `contentFrom: {file: ${file}}`), ...others });
  expect(codes(catalog).filter((code) => !code.startsWith('FileIs'))).toEqual([expected]);
});

test('an entry that did not change is the same object in the next catalog, and its file is not read again', async () => {
  const files = { 'manifests/a.yaml': command('a'), 'manifests/b.yaml': command('b') };
  const cache = makeParseCache();
  const first = await readCatalog(snapshotOf(files), cache);
  const next = snapshotOf({ ...files, 'manifests/b.yaml': command('b', "content: 'false'") }, 'c2');
  const second = await readCatalog(next, cache);
  expect(second.commands.get('a')).toBe(first.commands.get('a'));
  expect(second.commands.get('b')).not.toBe(first.commands.get('b'));
  expect(first.commands.get('b')?.spec.script).toBe('true');
  expect(next.reads).toHaveLength(1);
});

test('a file that only moved is not read again', async () => {
  const cache = makeParseCache();
  await readCatalog(snapshotOf({ 'manifests/a.yaml': command('a') }), cache);
  const moved = snapshotOf({ 'manifests/b.yaml': command('a') }, 'c2');
  const catalog = await readCatalog(moved, cache);
  expect(moved.reads).toEqual([]);
  expect(catalog.commands.get('a')?.place.file).toBe('manifests/b.yaml');
});

test('a snapshot that cannot be read leaves the cache as it was', async () => {
  const cache = makeParseCache();
  const first = await readCatalog(snapshotOf({ 'manifests/a.yaml': command('a') }), cache);
  const failing = {
    ...snapshotOf({ 'manifests/a.yaml': command('z') }, 'c2'),
    read: () => Promise.reject(new Error('gone')),
  };
  await expect(readCatalog(failing, cache)).rejects.toThrow('gone');
  const again = await readCatalog(snapshotOf({ 'manifests/a.yaml': command('a') }, 'c3'), cache);
  expect(again.commands.get('a')).toBe(first.commands.get('a'));
});

test('a catalog that was kept up to date equals one built from scratch, whatever changed in between', async () => {
  const path = fc.constantFrom(
    'manifests/a.yaml',
    'manifests/b.yaml',
    'manifests/c.yaml',
    'manifests/d/e.yaml',
    's/x.sh',
    's',
  );
  const name = fc.constantFrom('a', 'b', 'c');
  const content: fc.Arbitrary<FixtureFile | undefined> = fc.oneof(
    fc.constantFrom<(FixtureFile | undefined)[]>(
      undefined,
      '',
      'x: [',
      { mode: '120000' },
      { mode: '160000' },
      'echo {{p}}',
      'echo {{q}}',
    ),
    name.map((each) => command(each)),
    name.map((each) =>
      command(each, 'contentFrom: {file: ../s/x.sh}\n  parameters: [{name: p, default: v}]'),
    ),
    name.map((each) => command(each, 'contnet: x')),
    fc.tuple(name, name).map(([each, ref]) => invocation(each, ref)),
    fc.tuple(name, name).map(([each, ref]) => invocation(each, ref, '  parameters: {p: w}\n')),
    fc.tuple(name, name).map(([each, ref]) => `${command(each)}---\n${invocation(each, ref)}`),
    fc.tuple(name, name).map(([each, ref]) => `${kept(each)}---\n${invocation(ref, each)}`),
    name.map((each) => kept(each, '    contnet: x\n')),
  );
  // With so few there is often one Command too many.
  const limits = limitsOf({ 'max-commands': 2 });
  const step = fc.record({
    changes: fc.array(fc.tuple(path, content), { maxLength: 4 }),
    says: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
      const cache = makeParseCache(limits);
      const files = new Map<string, FixtureFile>();
      let commit = 'c';
      for (const [index, { changes, says }] of steps.entries()) {
        for (const [path, file] of changes) {
          if (file === undefined) files.delete(path);
          else files.set(path, file);
        }
        const changesFrom = says ? { commit, paths: changes.map(([path]) => path) } : undefined;
        commit = `c${index}`;
        const kept = await readCatalog(snapshotOf(files, commit, changesFrom), cache);
        const fresh = await readCatalog(snapshotOf(files, commit), makeParseCache(limits));
        expect(comparable(kept)).toEqual(comparable(fresh));
        const blobs = new Set([...snapshotOf(files).files.values()].map(({ blob }) => blob));
        for (const blob of cache.last?.index.parsed.keys() ?? []) expect(blobs.has(blob)).toBe(true);
      }
    }),
    { numRuns: 300 },
  );
});

function comparable({ commit, commands, invocations, problems, broken, unreadable }: Catalog) {
  return {
    commit,
    commands: new Map(commands),
    invocations: new Map(invocations),
    sizes: [commands.size, invocations.size],
    problems,
    broken,
    unreadable,
  };
}
