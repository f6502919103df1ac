import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { makeParseCache, readCatalog } from '../controller/manifest/read-catalog.ts';
import { type ProblemCode, problemCodes } from '../schemas/problem-codes.ts';
import { snapshotOf } from './support/memory-snapshot.ts';

const page = readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8');
const sections = page
  .split(/^### /m)
  .slice(1)
  .map((section) => {
    const [heading = '', ...rest] = section.split('\n');
    return { heading, text: rest.join('\n').split(/^## /m)[0] ?? '' };
  });
const codes = Object.keys(problemCodes).filter((each): each is ProblemCode => each in problemCodes);

test('docs/errors.md has every code, in the order of the table, and no other', () => {
  expect(sections.map(({ heading }) => heading)).toEqual(codes);
});

test.each(codes)('docs/errors.md says of %s what it means and what to do, with an example', (code) => {
  const { text = '' } = sections.find(({ heading }) => heading === code) ?? {};
  expect(text).toContain(problemCodes[code].title);
  expect(text).toContain(problemCodes[code].hint);
  expect(text).toMatch(/^```(text|yaml)/m);
});

const examples = sections.flatMap(({ heading, text }) => {
  const [, of = '', example = ''] = /^```yaml ?(\w*)\n([^]*?)^```/m.exec(text) ?? [];
  return example === '' ? [] : [[heading, of, example] as const];
});

test.each(examples)('the example of %s is what the code is about', async (code, of, example) => {
  const text = of === '' ? example : manifest(of, example);
  const { problems } = await readCatalog(snapshotOf({ 'manifests/a.yaml': text }), makeParseCache());
  expect(problems.map((each) => each.code)).toContain(code);
});

function manifest(of: string, spec: string): string {
  const kind = of === 'command' ? 'Command' : 'Invocation';
  return `apiVersion: groundcrew.dev/v1\nkind: ${kind}\nmetadata: {name: hello}\nspec:\n${spec.replace(/^/gm, '  ')}`;
}
