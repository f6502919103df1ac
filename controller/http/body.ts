// Text → a body that its schema allows. The raw text is kept beside it: signatures and seals cover that.
import type { ValidateFunction } from 'ajv';
import { type EdgeRefused, refuseAtEdge } from './refusal.ts';

export type Read<T> = { is: 'read'; value: T } | EdgeRefused;

/** Reads JSON text; an empty text is an empty object. */
export function readBody<T>(text: unknown, validate: ValidateFunction<T>): Read<T> {
  const value = text === undefined || text === '' ? {} : parse(text);
  if (value === undefined) return refuseAtEdge('BodyInvalid', { message: 'The body is not JSON.' });
  if (validate(value)) return { is: 'read', value };
  const error = validate.errors?.[0];
  const place = error?.instancePath === '' ? 'the body' : (error?.instancePath ?? 'the body');
  return refuseAtEdge('BodyInvalid', { message: `${place} ${error?.message ?? 'is not valid'}` });
}

/** undefined for what is no JSON, and for objects that name their own prototype. */
function parse(text: unknown): unknown {
  if (typeof text !== 'string') return undefined;
  // The name may be spelt with escapes.
  const mayNamePrototype = text.includes('__proto__') || text.includes('\\u');
  try {
    return JSON.parse(text, mayNamePrototype ? refusePrototype : undefined);
  } catch {
    return undefined;
  }
}

function refusePrototype(key: string, value: unknown): unknown {
  if (key === '__proto__') throw new SyntaxError('an object names its prototype');
  return value;
}
