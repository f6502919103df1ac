// An inline command with keep: true is also a Command of the Invocation's name.
import { expect, test } from 'vitest';
import { snapshotOf } from '../../test/support/memory-snapshot.ts';
import { desired } from '../desired/desired.ts';
import { makeParseCache, readCatalog } from './read-catalog.ts';

const manifest = (kind: string, name: string, spec: string) =>
  `apiVersion: groundcrew.dev/v1\nkind: ${kind}\nmetadata: {name: ${name}, labels: {team: web}}\nspec:\n${spec}`;
const command = (name: string) => manifest('Command', name, '  type: RunShellScript\n  content: date\n');
const reference = (name: string, ref: string, rest = '') =>
  manifest('Invocation', name, `  commandRef: {name: ${ref}}\n  targets: {selector: {}}\n${rest}`);
const inline = (name: string, rest = '    keep: true\n') =>
  manifest(
    'Invocation',
    name,
    `  targets: {selector: {}}\n  command:\n    type: RunShellScript\n    content: 'echo {{who}}'\n    parameters: [{name: who, default: you}]\n${rest}`,
  );
const read = (files: Record<string, string>, cache = makeParseCache()) =>
  readCatalog(snapshotOf(files), cache);
const found = ({ problems }: Awaited<ReturnType<typeof read>>) =>
  problems.map(({ code, file, line }) => `${code} ${file}:${line}`);

test('it is a Command as if it had been written as one, and the Invocation runs all the same', async () => {
  const catalog = await read({ 'manifests/a.yaml': inline('greet') });
  expect(catalog.problems).toEqual([]);
  const kept = catalog.commands.get('greet');
  expect(kept).toMatchObject({
    kind: 'Command',
    place: { file: 'manifests/a.yaml', line: 3 },
    labels: { team: 'web' },
    spec: { type: 'RunShellScript', script: 'echo {{who}}', timeoutSeconds: 60 },
  });
  expect(catalog.invocations.get('greet')?.does).toMatchObject({ inline: kept?.spec });
  expect(desired(catalog).wanted.get('greet')?.work).toMatchObject({ command: { name: 'greet' } });
});

test('without keep there is no such Command', async () => {
  const catalog = await read({
    'manifests/a.yaml': inline('greet', ''),
    'manifests/b.yaml': inline('b', '    keep: false\n'),
  });
  expect(catalog.commands.size).toBe(0);
  expect(desired(catalog).wanted.get('greet')?.work).not.toHaveProperty('command.name');
});

test('whether it is kept is no part of the run', async () => {
  const ids = await Promise.all(
    ['    keep: true\n', '    keep: false\n', ''].map(async (keep) => {
      const catalog = await read({ 'manifests/a.yaml': inline('greet', keep) });
      return desired(catalog).wanted.get('greet')?.id;
    }),
  );
  expect(new Set(ids).size).toBe(1);
  expect(ids[0]).toMatch(/^r-/);
});

test('others may refer to it, with values of their own', async () => {
  const catalog = await read({
    'manifests/a.yaml': inline('greet'),
    'manifests/b.yaml': reference('again', 'greet', '  parameters: {who: me}\n'),
    'manifests/c.yaml': reference('wrong', 'greet', '  parameters: {whom: me}\n'),
  });
  expect(found(catalog)).toEqual(['UnknownParameter manifests/c.yaml:7']);
  expect(desired(catalog).wanted.get('again')?.script).toBe('echo {{who}}');
});

test('a Command of the same name breaks both, at both places', async () => {
  const catalog = await read({ 'manifests/a.yaml': inline('greet'), 'manifests/b.yaml': command('greet') });
  expect(found(catalog)).toEqual(['DuplicateName manifests/a.yaml:3', 'DuplicateName manifests/b.yaml:3']);
  expect(catalog.broken).toEqual({ commands: new Set(['greet']), invocations: new Set(['greet']) });
});

test('an Invocation that refers to a Command of its own name is none of this', async () => {
  const catalog = await read({
    'manifests/a.yaml': command('greet'),
    'manifests/b.yaml': reference('greet', 'greet'),
  });
  expect(catalog.problems).toEqual([]);
});

test('two Invocations of one name are told once at each place', async () => {
  const catalog = await read({ 'manifests/a.yaml': inline('greet'), 'manifests/b.yaml': inline('greet') });
  expect(found(catalog)).toEqual(['DuplicateName manifests/a.yaml:3', 'DuplicateName manifests/b.yaml:3']);
});

test('one that is wrong is a broken Command, not a missing one', async () => {
  const catalog = await read({
    'manifests/a.yaml': inline('greet', '    keep: true\n    nonsense: 1\n'),
    'manifests/b.yaml': reference('again', 'greet'),
  });
  expect(found(catalog)).toEqual(['UnknownField manifests/a.yaml:11', 'BrokenCommand manifests/b.yaml:5']);
});

test('when it is kept no longer, what refers to it is told; when another Command goes, it can be used', async () => {
  const cache = makeParseCache();
  const others = { 'manifests/b.yaml': reference('again', 'greet') };
  await read({ ...others, 'manifests/a.yaml': inline('greet') }, cache);
  const dropped = await read({ ...others, 'manifests/a.yaml': inline('greet', '') }, cache);
  expect(found(dropped)).toEqual(['UnknownCommand manifests/b.yaml:5']);
  expect(dropped.broken.invocations).toEqual(new Set(['again']));
  const both = await read(
    { 'manifests/a.yaml': inline('greet'), 'manifests/c.yaml': command('greet') },
    cache,
  );
  expect(both.invocations.size).toBe(0);
  const alone = await read({ 'manifests/a.yaml': inline('greet') }, cache);
  expect([...alone.invocations.keys()]).toEqual(['greet']);
  expect(alone.changesFrom?.invocations).toEqual(new Set(['greet']));
});
