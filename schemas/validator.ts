// The one ajv. Compiles a schema when it is first asked for: a command that validates nothing pays nothing.
import { readFileSync } from 'node:fs';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';

const files = ['definitions', 'command', 'invocation', 'status', 'wire', 'config'] as const;
const base = 'https://groundcrew.dev/schemas/v1/';

let ajv: Ajv2020 | undefined;

/**
 * Validator of a schema or of one of its definitions: `schema('command')`, `schema('wire', 'pollRequest')`.
 * Its errors are ajv's own (allErrors): for people they become problems first.
 */
export function schema<T>(file: (typeof files)[number], definition?: string): ValidateFunction<T> {
  ajv ??= makeAjv();
  const id = `${base}${file}.schema.json${definition === undefined ? '' : `#/$defs/${definition}`}`;
  const validate = ajv.getSchema<T>(id);
  if (validate === undefined) throw new Error(`no such schema: ${id}`);
  return validate;
}

/** The parsed schema file, for what reads legal values and descriptions out of it. */
export function schemaDocument(file: (typeof files)[number]): Record<string, unknown> {
  return JSON.parse(readFileSync(new URL(`./${file}.schema.json`, import.meta.url), 'utf8'));
}

export type { ErrorObject };

function makeAjv(): Ajv2020 {
  const made = new Ajv2020({
    allErrors: true,
    strict: true,
    allowUnionTypes: true,
    verbose: true,
    // Of a union with a discriminator only the branch that it names is tried.
    discriminator: true,
  });
  addFieldRules(made);
  for (const file of files) made.addSchema(schemaDocument(file));
  return made;
}

/** Keywords of our own, so that each of these mistakes is one error with one code. */
function addFieldRules(made: Ajv2020): void {
  made.addKeyword({
    keyword: 'exactlyOneOf',
    type: 'object',
    metaSchema: { type: 'array', items: { type: 'string' } },
    validate: (names: string[], value: object) =>
      names.filter((name) => Object.hasOwn(value, name)).length === 1,
  });
  made.addKeyword({
    keyword: 'atLeastOneOf',
    type: 'object',
    metaSchema: { type: 'array', items: { type: 'string' } },
    validate: (names: string[], value: object) => names.some((name) => Object.hasOwn(value, name)),
  });
  // Known to the schema, not yet to the programs: refused, so that what is accepted does what it says.
  made.addKeyword({ keyword: 'notYet', metaSchema: { type: 'string' }, validate: () => false });
  made.addKeyword({
    keyword: 'notYetValues',
    metaSchema: { type: 'object', additionalProperties: { type: 'string' } },
    validate: (values: Record<string, string>, value: unknown) => !Object.hasOwn(values, String(value)),
  });
}
