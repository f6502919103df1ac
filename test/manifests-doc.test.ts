// docs/manifests.md is about the manifests that are really accepted, and leaves no field of them out.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { maxDocuments } from '../controller/manifest/documents.ts';
import { usualLimits } from '../controller/manifest/limits.ts';
import { maxMatchedLength } from '../controller/manifest/pattern.ts';
import { makeParseCache, readCatalog } from '../controller/manifest/read-catalog.ts';
import { maxRenderedBytes } from '../controller/manifest/rendered-size.ts';
import { builtInNames } from '../controller/manifest/substitute.ts';
import { maxFileBytes } from '../controller/manifest/text.ts';
import { snapshotOf } from './support/memory-snapshot.ts';

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const page = read('docs/manifests.md');
const notYetSection = page.split('\n## Not there yet\n')[1]?.split('\n## ')[0] ?? '';

const blocks = [...page.matchAll(/^```(\w+)\n([^]*?)^```$/gm)].map(([, language, text = '']) => ({
  language,
  text,
}));
const manifests = blocks
  .filter(({ language, text }) => language === 'yaml' && /^kind:/m.test(text))
  .map(({ text }) => [/name: (\S+)/.exec(text)?.[1] ?? '', text] as const);
/** Scripts of the page that say in a comment which file they are. */
const scripts = blocks.flatMap(({ text }) => {
  const path = /^# (manifests\/\S+)$/m.exec(text)?.[1];
  return path === undefined ? [] : [[path, text] as const];
});

test('there are manifests on the page', () => {
  expect(manifests.length).toBeGreaterThanOrEqual(5);
});

test.each(manifests)('the manifest %s is accepted as it stands', async (_, text) => {
  const snapshot = snapshotOf({ ...Object.fromEntries(scripts), 'manifests/a.yaml': text });
  const { problems, commands, invocations } = await readCatalog(snapshot, makeParseCache());
  expect(problems).toEqual([]);
  expect(commands.size + invocations.size).toBe([...text.matchAll(/^kind:/gm)].length);
});

const fields = new Set<string>();
const notYet = new Set<string>();
for (const file of ['command.schema.json', 'invocation.schema.json']) collect(schemaFile(file), file, '');

test('the fields of the schemas are found', () => {
  const some = ['contentFrom', 'file', 'pattern', 'matchExpressions', 'operator', 'targetDir'];
  expect([...fields]).toEqual(expect.arrayContaining(some));
  expect([...notYet]).toEqual(expect.arrayContaining(['rollout', 'secret: true']));
});

test.each([...fields])('the field %s is on the page', (name) => {
  expect(namesIn(page)).toContain(name);
});

test('what is refused as not there yet is in its table, all of it and nothing else', () => {
  const rows = notYetSection.split('\n').filter((line) => line.startsWith('| `'));
  const named = rows.flatMap((line) => [...namesIn(line.split('|')[1] ?? '')]);
  expect(new Set(named)).toEqual(new Set([...notYet, '{{oos:…}}']));
});

test('the limits and the built-in parameters are those of the code', () => {
  const kib = (bytes: number): string => `${bytes / 1024} KiB`;
  const rows = page.split('\n').filter((line) => line.startsWith('| '));
  const row = (label: string): string => rows.find((line) => line.startsWith(`| ${label} |`)) ?? '';
  expect(row('a manifest file')).toContain(kib(maxFileBytes));
  expect(row('documents in a file')).toContain(String(maxDocuments));
  expect(row('a Command: script and parameters in Base64')).toContain(kib(usualLimits.command.bytes));
  expect(row('an inline command: the same')).toContain(kib(usualLimits.inline.bytes));
  expect(row('a script with its values in place')).toContain(kib(maxRenderedBytes));
  expect(row('a file that `contentFrom` or `source` names')).toContain(
    `${usualLimits.file.blobBytes / 1024 ** 2} MiB`,
  );
  expect(row('`content` or `contentBase64` of `sendFile`, in Base64')).toContain(kib(usualLimits.file.bytes));
  expect(row('a launcher')).toContain(kib(usualLimits.command.text.launcher));
  expect(row('a description')).toContain(String(usualLimits.command.text.description));
  expect(row('a `workingDir`')).toContain(String(usualLimits.command.text.workingDir));
  expect(row('parameters')).toContain(String(usualLimits.command.parameters));
  expect(row('Commands')).toContain(String(usualLimits.commands));
  expect(row('a value of a parameter with `pattern`')).toContain(String(maxMatchedLength));
  for (const name of builtInNames) expect(page).toContain(`{{ACS::${name}}}`);
});

/** Names in backticks; a path such as `metadata.name` is several. */
function namesIn(text: string): Set<string> {
  const prose = text.replace(/^```[^]*?^```$/gm, '');
  return new Set(
    [...prose.matchAll(/`([^`\n]+)`/g)].flatMap(([, span = '']) =>
      /^[\w.]+$/.test(span) ? span.split('.') : [span],
    ),
  );
}

/** Notes each field below a schema, and what is not there yet: a field, or one of its values (`field: value`). */
function collect(schema: unknown, file: string, field: string): void {
  for (const [keyword, value] of entries(schema)) {
    if (keyword === 'notYet') notYet.add(field);
    else if (keyword === 'notYetValues') for (const [each] of entries(value)) notYet.add(`${field}: ${each}`);
    else if (keyword === 'items') collect(value, file, field);
    else if (keyword === 'properties')
      for (const [name, property] of entries(value)) {
        fields.add(name);
        collect(property, file, name);
      }
    else if (keyword === '$ref' && typeof value === 'string') {
      const [other = '', pointer = ''] = value.split('#');
      const target = other === '' ? file : other;
      let found = schemaFile(target);
      for (const part of pointer.split('/').slice(1)) found = new Map(entries(found)).get(part);
      collect(found, target, field);
    }
  }
}

function schemaFile(file: string): unknown {
  return JSON.parse(read(`schemas/${file}`));
}

function entries(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}
