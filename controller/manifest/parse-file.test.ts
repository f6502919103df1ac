import fc from 'fast-check';
import { expect, test } from 'vitest';
import { usualLimits } from './limits.ts';
import { parseFile } from './parse-file.ts';

const good = `apiVersion: groundcrew.dev/v1
kind: Command
metadata:
  name: hello
  labels: {team: a}
spec:
  type: RunShellScript
  parameters:
    - {name: who, default: world, pattern: '[a-z]+'}
  content: |
    echo {{who}} {{ACS::InstanceId}}
---
apiVersion: groundcrew.dev/v1
kind: Invocation
metadata: {name: greet}
spec:
  commandRef: {name: hello}
  parameters: {who: you}
  targets:
    instances: [a, b]
    selector: {matchExpressions: [{key: env, operator: In, values: [prod]}]}
`;

test('the manifest that is mutated below is a good one', () => {
  expect(parseFile(Buffer.from(good), usualLimits)).toMatchObject({
    problems: [],
    complete: true,
    units: [{}, {}],
  });
});

test('no bytes make it throw or hang', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => quickly(Buffer.from(bytes))),
    { numRuns: 500 },
  );
});

test('no text of what YAML is made of makes it throw or hang', () => {
  const signs =
    'a|:| |\n|- |[|]|{|}|,|&x|*x|!t|>|"|\'|#|---\n|%|<<|? |\t|\\|\r|\u2028|\ud800|__proto__|spec|{{|}}|~|0x1|.nan';
  const piece = fc.constantFrom('|', ...signs.split('|'));
  const text = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(text, (each) => quickly(Buffer.from(each))),
    { numRuns: 2000 },
  );
});

test('a manifest with anything put in, taken out or repeated never makes it throw or hang', () => {
  const edit = fc.record({
    at: fc.nat(good.length),
    remove: fc.nat(20),
    insert: fc.oneof(
      fc.string({ maxLength: 8 }),
      fc.constantFrom(
        '[',
        '{',
        '"',
        '\n  ',
        ': ',
        '\0',
        '!!int ',
        '&a ',
        '*a',
        '- ',
        'null',
        '{{x}}',
        '1e999',
      ),
    ),
  });
  const mutated = fc.array(edit, { minLength: 1, maxLength: 6 }).map((edits) => {
    let text = good;
    for (const { at, remove, insert } of edits) text = text.slice(0, at) + insert + text.slice(at + remove);
    return text;
  });
  fc.assert(
    fc.property(mutated, (text) => quickly(Buffer.from(text))),
    { numRuns: 1500 },
  );
});

test.each([
  ['brackets', '['.repeat(250_000)],
  ['closed brackets', '['.repeat(100_000) + ']'.repeat(100_000)],
  ['dashes', '- '.repeat(120_000)],
  ['question marks', '? '.repeat(120_000)],
  ['mappings', '{a: '.repeat(60_000)],
  ['steps to the right', Array.from({ length: 700 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
  ['documents', '---\na\n'.repeat(40_000)],
  ['quotes', '"'.repeat(250_000)],
  ['keys', Array.from({ length: 25_000 }, (_, index) => `k${index}: 1`).join('\n')],
  ['the same key', 'a:\n'.repeat(80_000)],
  ['anchors', '&a '.repeat(80_000)],
  ['commas', `[${','.repeat(200_000)}`],
  ['aliases', `a: &a [1]\nb: [${'*a,'.repeat(60_000)}]`],
  ['placeholders', `${good.slice(0, good.indexOf('---'))}    ${'{{who}} '.repeat(20_000)}`],
  ['open braces', `${good.slice(0, good.indexOf('---'))}    ${'{{ '.repeat(60_000)}`],
  [
    'an alias bomb',
    `a: &a [x,x]\n${'bcdefghij'.replace(/./g, (to) => `${to}: &${to} [*${String.fromCharCode(to.charCodeAt(0) - 1)},*${String.fromCharCode(to.charCodeAt(0) - 1)}]\n`)}`,
  ],
])('a file full of %s is refused or read in seconds', (_, text) => {
  const started = performance.now();
  const { problems, units } = parseFile(Buffer.from(text), usualLimits);
  expect(problems.length + units.length).toBeGreaterThan(0);
  expect(problems.length).toBeLessThanOrEqual(100);
  expect(performance.now() - started).toBeLessThan(10_000);
});

const invocation = (spec: string) =>
  `apiVersion: groundcrew.dev/v1\nkind: Invocation\nmetadata: {name: greet}\nspec:\n  command: {type: RunShellScript, content: x}\n${spec}`;
const many = (count: number, text: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => text(at));

test.each([
  [
    'labels that are no labels',
    `selector: {matchLabels: {${many(17_000, (at) => `"a ${at}": 1, `).join('')}}}`,
  ],
  ['unknown fields', many(20_000, (at) => `f${at}: x`).join(', ')],
  ['instances', `instances: [${many(36_000, (at) => `i${at}`).join(',')}]`],
])('240 KB of %s cost little more than 240 KB of other YAML', (_, targets) => {
  const time = (text: string) => {
    const started = performance.now();
    expect(parseFile(Buffer.from(text), usualLimits).units[0]?.problems.length).toBeGreaterThan(0);
    return performance.now() - started;
  };
  const plain = time(
    invocation(
      `  targets: {selector: x}\n  parameters: {${many(17_000, (at) => `p${at}: ab, `).join('')}}\n`,
    ),
  );
  expect(time(invocation(`  targets: {${targets}}\n`))).toBeLessThan(4 * plain + 500);
});

function quickly(bytes: Buffer): void {
  const started = performance.now();
  const { units, problems, complete } = parseFile(bytes, usualLimits);
  for (const { line, column, message } of [...problems, ...units.flatMap((unit) => unit.problems)]) {
    expect(line).toBeGreaterThan(0);
    expect(column).toBeGreaterThan(0);
    expect(message).not.toMatch(/undefined|\[object/);
  }
  // What cannot be told by name is said, so that it is not taken for a deletion.
  if (!complete) expect(problems.length).toBeGreaterThan(0);
  expect(performance.now() - started).toBeLessThan(5_000);
}
