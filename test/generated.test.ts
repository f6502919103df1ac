// The schemas are sound, and what is generated from them is what is committed.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { schema, schemaDocument } from '../schemas/validator.ts';
import { generateTypes } from '../scripts/generate-types.ts';

const folder = fileURLToPath(new URL('../schemas/', import.meta.url));
const names = ['command', 'config', 'definitions', 'invocation', 'status', 'wire'] as const;

it('every schema file is looked at', () => {
  const files = readdirSync(folder).filter((file) => file.endsWith('.schema.json'));
  expect(files.toSorted()).toEqual(names.map((name) => `${name}.schema.json`));
});

describe.each(names)('the schema %s', (name) => {
  const document = schemaDocument(name);

  it('is called what its file is called', () => {
    expect(document['$id']).toBe(`https://groundcrew.dev/schemas/v1/${name}.schema.json`);
    expect(document['$schema']).toBe('https://json-schema.org/draft/2020-12/schema');
  });

  it('compiles with every definition under the strict rules of ajv', () => {
    expect(schema(name)).toBeTypeOf('function');
    for (const definition of Object.keys(Object(document['$defs'])))
      expect(schema(name, definition)).toBeTypeOf('function');
  });
});

it('the generated types are those of the schemas (else: npm run types)', async () => {
  const made = await generateTypes();
  expect(made.size).toBe(names.length);
  const committed = readdirSync(`${folder}generated`).map(
    (file) => [file, readFileSync(`${folder}generated/${file}`, 'utf8')] as const,
  );
  expect(new Map(committed)).toEqual(made);
});
