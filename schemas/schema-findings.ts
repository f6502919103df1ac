// One ajv error → code, place and words. The table below has every keyword that our schemas use for people's input.
import type { ErrorObject } from 'ajv/dist/2020.js';
import { didYouMean } from './nearest.ts';
import type { Finding } from './problem.ts';
import type { ProblemCode } from './problem-codes.ts';

export type SchemaError = ErrorObject<string, Record<string, unknown>>;

interface Found {
  code: ProblemCode;
  path: readonly string[];
  part: 'key' | 'value';
  finding: Finding;
  hint?: string | undefined;
}

/** In which order errors about the same value are believed: the first one is the mistake, the rest follows from it. */
const order = [
  'notYet',
  'type',
  'const',
  'enum',
  'notYetValues',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'pattern',
];

export function rank(each: SchemaError): number {
  const place = order.indexOf(each.keyword);
  return place < 0 ? order.length : place;
}

/** The key that the error is about, if it is about one; '' if about the value at its path. */
export function field(each: SchemaError): string {
  const name = each.params.additionalProperty ?? each.params.missingProperty ?? each.propertyName;
  return typeof name === 'string' ? name : '';
}

/** Says an error in words. */
export function findingOf(each: SchemaError): Found {
  const path = segments(each.instancePath);
  const where = fieldPath(path);
  if (each.propertyName !== undefined) return invalidKey(each, path, each.propertyName);
  const value = (code: ProblemCode, what: string, legal?: string, hint?: string): Found => ({
    code,
    path,
    part: 'value',
    finding: { what, found: shown(each.data), legal },
    hint,
  });
  switch (each.keyword) {
    case 'additionalProperties':
      return unknownField(each, path);
    case 'required':
      return missingField(each, path);
    case 'exactlyOneOf':
    case 'atLeastOneOf':
      return wrongChoice(each, path);
    case 'notYet':
      return notYet(path, `${where} is not supported yet (${String(each.schema)})`, 'key');
    case 'notYetValues': {
      const feature = object(each.schema)[String(each.data)];
      return notYet(path, `${where}: ${shown(each.data)} is not supported yet (${String(feature)})`, 'value');
    }
    case 'type':
      return wrongType(each, path);
    case 'const':
    case 'enum': {
      const legal = legalValues(each);
      const hint = typeof each.data === 'string' ? didYouMean(each.data, legal) : undefined;
      return value('UnknownValue', `${where} has a value that it cannot have`, legal.join(', '), hint);
    }
    case 'minLength':
      return value('TextTooShort', `${where} is too short`, `${String(each.schema)} characters or more`);
    case 'maxLength':
      return value('TextTooLong', `${where} is too long`, `${String(each.schema)} characters at most`);
    case 'minimum':
      return value('NumberOutOfRange', `${where} is too small`, `${String(each.schema)} or more`);
    case 'maximum':
      return value('NumberOutOfRange', `${where} is too large`, `${String(each.schema)} or less`);
    case 'minItems':
    case 'minProperties':
      return counted(each, 'TooFewItems', `${where} has too few items`, 'or more');
    case 'maxItems':
    case 'maxProperties':
      return counted(each, 'TooManyItems', `${where} has too many items`, 'at most');
    case 'uniqueItems':
      return duplicateItem(each, path);
    case 'pattern':
      return value(
        each.parentSchema?.title === 'Duration' ? 'InvalidDuration' : 'InvalidText',
        `${where} does not have the form that is needed`,
        form(each),
      );
    default:
      return value('WrongType', `${where}: ${each.message ?? each.keyword}`);
  }
}

function unknownField(each: SchemaError, path: string[]): Found {
  const name = field(each);
  const legal = supportedFields(each);
  return {
    code: 'UnknownField',
    path: [...path, name],
    part: 'key',
    finding: {
      what: `${fieldPath(path)} has no field of this name`,
      found: quote(name),
      legal: legal.join(', '),
    },
    hint: didYouMean(name, legal),
  };
}

function missingField(each: SchemaError, path: string[]): Found {
  const given = Object.keys(object(each.data));
  return {
    code: 'MissingField',
    path,
    part: 'key',
    finding: {
      what: `${fieldPath([...path, field(each)])} is missing`,
      found: given.length === 0 ? 'no fields' : given.slice(0, 12).join(', '),
      legal: undefined,
    },
    hint: `Add ${fieldPath([...path, field(each)])}.`,
  };
}

function wrongChoice(each: SchemaError, path: string[]): Found {
  const properties = object(each.parentSchema?.properties);
  const names = list(each.schema).map(String);
  const legal = names.filter((name) => !Object.hasOwn(object(properties[name]), 'notYet'));
  const given = Object.keys(object(each.data)).filter((name) => names.includes(name));
  const second = given[1];
  const one = each.keyword === 'exactlyOneOf' ? 'exactly one of' : 'at least one of';
  const finding = {
    what: `${fieldPath(path)} needs ${one} ${names.length > 2 ? 'several fields' : 'two fields'}`,
    found: given.length === 0 ? 'none of them' : given.join(', '),
    legal: legal.join(', '),
  };
  return second === undefined
    ? { code: 'ChoiceMissing', path, part: 'key', finding }
    : { code: 'ChoiceNotUnique', path: [...path, second], part: 'key', finding };
}

function notYet(path: string[], what: string, part: 'key' | 'value'): Found {
  return { code: 'NotYetSupported', path, part, finding: { what } };
}

function wrongType(each: SchemaError, path: string[]): Found {
  const types = list(each.schema ?? []).length > 0 ? list(each.schema) : [each.schema];
  const scalar = typeof each.data === 'number' || typeof each.data === 'boolean';
  const hint =
    scalar && types.includes('string')
      ? `Put it in quotes: ${quote(String(each.data))}.`
      : each.data === null
        ? 'Write a value, or remove the key.'
        : undefined;
  return {
    code: 'WrongType',
    path,
    part: 'value',
    finding: {
      what: `${fieldPath(path)} has the wrong type`,
      found: `${typeName(each.data)}${scalar ? ` ${String(each.data)}` : ''}`,
      legal: types.map((type) => typeNames[String(type)] ?? String(type)).join(' or '),
    },
    hint,
  };
}

function invalidKey(each: SchemaError, path: string[], name: string): Found {
  const legal =
    each.keyword === 'maxLength'
      ? `${String(each.schema)} characters at most`
      : each.keyword === 'minLength'
        ? 'not empty'
        : form(each);
  const finding = { what: `${fieldPath(path)} has a key that it cannot have`, found: quote(name), legal };
  return { code: 'InvalidKey', path: [...path, name], part: 'key', finding };
}

function duplicateItem(each: SchemaError, path: string[]): Found {
  const [first, second] = [Number(each.params.i), Number(each.params.j)].sort((a, b) => a - b);
  const found = shown(list(each.data)[second ?? 0]);
  const what = `${fieldPath(path)} has an item twice (items ${(first ?? 0) + 1} and ${(second ?? 0) + 1})`;
  return { code: 'DuplicateItem', path: [...path, String(second)], part: 'value', finding: { what, found } };
}

function counted(each: SchemaError, code: ProblemCode, what: string, bound: string): Found {
  const count = Array.isArray(each.data) ? each.data.length : Object.keys(object(each.data)).length;
  const finding = { what, found: String(count), legal: `${String(each.schema)} ${bound}` };
  return { code, path: segments(each.instancePath), part: 'key', finding };
}

function supportedFields(each: SchemaError): string[] {
  return Object.entries(object(each.parentSchema?.properties))
    .filter(([, schema]) => !Object.hasOwn(object(schema), 'notYet'))
    .map(([name]) => name);
}

function legalValues(each: SchemaError): string[] {
  const later = object(each.parentSchema?.notYetValues);
  const values = each.keyword === 'const' ? [each.schema] : list(each.schema);
  return values.map(String).filter((value) => !Object.hasOwn(later, value));
}

function form(each: SchemaError): string {
  const { description } = object(each.parentSchema);
  return typeof description === 'string' ? description : `text that matches ${String(each.schema)}`;
}

/** spec.parameters[0].name; '' is the document. */
export function fieldPath(path: readonly string[]): string {
  let text = '';
  for (const part of path) {
    if (/^\d+$/.test(part)) text += `[${part}]`;
    else text += text === '' ? part : `.${part}`;
  }
  return text === '' ? 'the document' : text;
}

/** A value as it is shown in a message: short, in quotes where it is text. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeName(value);
}

export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}...` : text);
}

const typeNames: Record<string, string> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  null: 'nothing',
};

function typeName(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeNames[typeof value] ?? typeof value;
}

function segments(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function object(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
