import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { emitYaml } from './emit-yaml.ts';

const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.string({
    unit: fc.constantFrom(...' \t\n\r:#-?|>&*!%@`"\'{}[],=~.0123eE+xo_ayn\u0085\u2028\ufeff\ud800é😀'),
  }),
  fc.constantFrom(
    '',
    '~',
    'null',
    'Null',
    'true',
    'NO',
    'on',
    'y',
    '.inf',
    '-.INF',
    '.nan',
    '0x1f',
    '0o17',
    '012',
    '1e3',
    '1_000',
    '12:30',
    '2026-12-01',
    '2026-12-01T08:00:00.000Z',
    '<<',
    '---',
    '...',
    '--- a',
    '- a',
    '? a',
    ': a',
    'a: b',
    'a #b',
    'a:',
    '#',
    '!!str a',
    '&a',
    '*a',
    '%TAG',
    '|',
    '>-',
    '"',
    "'",
    'a\nb',
    'a\n',
    'a\n\n',
    '\na',
    ' a\nb',
    'a\n b',
    'a\n\n\nb',
    'a\n---\nb\n',
    'a\n...\n',
    'a \nb',
    'a\n\t',
    '\ta\nb',
    'a\r\nb',
    'a\n# b\n',
    '__proto__',
    'x'.repeat(1100),
    'constructor',
  ),
); // prettier-ignore

const documents = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    hostile,
    fc.constantFrom(null, true, false),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(hostile, tie('value'), { maxKeys: 5 }),
  ),
})).value;

test('whatever is emitted is read back as the same', () => {
  fc.assert(
    fc.property(documents, (document) => {
      // As JSON has it: without negative zero and prototypes.
      const wanted: unknown = JSON.parse(JSON.stringify(document));
      const text = emitYaml(document);
      expect(JSON.stringify(parse(text))).toBe(JSON.stringify(wanted));
      expect(text.endsWith('\n')).toBe(true);
      expect(text).not.toMatch(/\r|[ \t]\n/);
    }),
    { numRuns: 3000 },
  );
});

test('a plain word stands bare, and what some reader could take for something else is quoted', () => {
  const text = emitYaml({
    a: 'Finished',
    b: 'no',
    c: '2026-12-01',
    d: '012',
    e: 'a: b',
    f: 'a b',
    g: undefined,
  });
  expect(text).toBe('a: Finished\nb: "no"\nc: "2026-12-01"\nd: "012"\ne: "a: b"\nf: a b\n');
});

test('text of several lines is a block that people can read', () => {
  expect(emitYaml({ list: [{ tail: 'one\n  two: x', code: 1 }], none: [], empty: {} })).toBe(
    'list:\n  - tail: |-\n      one\n        two: x\n    code: 1\nnone: []\nempty: {}\n',
  );
});

test('nothing that deceives the eye goes through as it is', () => {
  const text = emitYaml({ a: 'x\u202ey', b: 'a\n\u001b[31mb', c: '\u0085' });
  expect(text).toBe('a: "x\\u202ey"\nb: "a\\n\\u001b[31mb"\nc: "\\u0085"\n');
});
