// The settings of `groundcrew controller`, read out of config.schema.json: the one place that names them.
import { schemaDocument } from '../../schemas/validator.ts';

export interface Setting {
  /** As it stands in the file: `status-branch`. */
  name: string;
  flag: string;
  variable: string;
  description: string;
  default?: string | number;
  legal?: readonly string[];
  /** Whether a text of digits is a number. */
  numeric: boolean;
}

export function settings(): Setting[] {
  const { properties } = schemaDocument('config');
  return Object.entries(record(properties)).map(([name, schema]) => setting(name, record(schema)));
}

function setting(name: string, schema: Record<string, unknown>): Setting {
  const { description, default: usual, enum: legal } = schema;
  const { type } = typeof schema.$ref === 'string' ? referred(schema.$ref) : schema;
  return {
    name,
    flag: `--${name}`,
    variable: `GROUNDCREW_${name.toUpperCase().replaceAll('-', '_')}`,
    description: typeof description === 'string' ? description : '',
    ...(typeof usual === 'string' || typeof usual === 'number' ? { default: usual } : {}),
    ...(Array.isArray(legal) ? { legal: legal.map(String) } : {}),
    numeric: type === 'integer' || (Array.isArray(type) && type.includes('integer')),
  };
}

/** `definitions.schema.json#/$defs/NAME` */
function referred(reference: string): Record<string, unknown> {
  const name = reference.slice(reference.lastIndexOf('/') + 1);
  return record(record(schemaDocument('definitions').$defs)[name]);
}

function record(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new Error('config.schema.json has another shape');
  return Object.fromEntries(Object.entries(value));
}
