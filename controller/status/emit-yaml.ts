// YAML text of a JSON-like document: block style, keys in the order they come, LF, the same value always as the
// same text.
//
// Why not the package's stringify: it takes about 350 µs for a document of this size and this takes about 6
// (`npx tsx controller/status/emit-yaml.measure.ts`), while fast-import takes about 70 µs for each file.
//
// A string is plain only where YAML 1.2 core and 1.1 agree that it is one, a literal block where every line of it
// is safe, and JSON otherwise, which YAML reads as a double-quoted scalar.

export type Emittable =
  | null
  | boolean
  | number
  | string
  | readonly Emittable[]
  | { readonly [key: string]: Emittable | undefined };

/** The document as YAML. Members that are undefined are left out; numbers have to be finite. */
export function emitYaml(value: Emittable): string {
  if (typeof value === 'string') return `${quoted(value)}\n`;
  return isNested(value) ? block(value, '') : `${scalar(value)}\n`;
}

function block(value: Nested, indent: string): string {
  return isList(value) ? list(value, indent) : map(value, indent);
}

function list(items: readonly Emittable[], indent: string): string {
  let text = '';
  for (const item of items) {
    // The first line of a nested block stands behind the dash, the others below it.
    if (isNested(item)) text += `${indent}- ${block(item, `${indent}  `).slice(indent.length + 2)}`;
    else text += `${indent}- ${typeof item === 'string' ? string(item, indent) : scalar(item)}\n`;
  }
  return text;
}

function map(members: Members, indent: string): string {
  let text = '';
  for (const key of Object.keys(members)) {
    const value = members[key];
    if (value === undefined) continue;
    const name = keyText(key);
    // An implicit key has to end within 1,024 characters.
    const head = name.length > 1000 ? `${indent}? ${name}\n${indent}:` : `${indent}${name}:`;
    if (isNested(value)) text += `${head}\n${block(value, `${indent}  `)}`;
    else text += `${head} ${typeof value === 'string' ? string(value, indent) : scalar(value)}\n`;
  }
  return text;
}

const plainForm = /^[A-Za-z_](?:[A-Za-z0-9_ .,/@+()=-]*[A-Za-z0-9_./@+()=-])?$/;
const words = /^(?:true|false|null|yes|no|on|off|y|n)$/i;
const simpleKey = /^[A-Za-z_][A-Za-z0-9_./-]*$/;
// Controls, line separators, marks and direction changes: YAML does not want them in a stream, or an eye is
// deceived by them. JSON escapes the first 32 and lone surrogates by itself.
const toEscape = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]/g;
// What may not stand in a literal block: the same; blanks that an editor would strip; a first line that begins
// with a blank or is empty, or an empty last one.
const notLiteral =
  /[^\P{Cc}\n\t]|\p{Cs}|[\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]|[ \t](?:\n|$)|^[ \t\n]|\n\n$/u;

function string(text: string, indent: string): string {
  if (plainForm.test(text) && !words.test(text)) return text;
  if (!text.includes('\n') || notLiteral.test(text)) return quoted(text);
  const ended = text.endsWith('\n');
  const lines = (ended ? text.slice(0, -1) : text).split('\n');
  return [ended ? '|' : '|-', ...lines.map((line) => (line === '' ? '' : `${indent}  ${line}`))].join('\n');
}

function keyText(key: string): string {
  return simpleKey.test(key) && !words.test(key) ? key : quoted(key);
}

function quoted(text: string): string {
  return JSON.stringify(text).replace(
    toEscape,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function scalar(value: null | boolean | number | readonly never[] | Members): string {
  return JSON.stringify(value);
}

type Members = { readonly [key: string]: Emittable | undefined };
type Nested = readonly Emittable[] | Members;

/** Whether it takes lines of its own: a list or a map with something in it. */
function isNested(value: Emittable): value is Nested {
  if (value === null || typeof value !== 'object') return false;
  if (isList(value)) return value.length > 0;
  for (const key of Object.keys(value)) if (value[key] !== undefined) return true;
  return false;
}

function isList(value: Nested): value is readonly Emittable[] {
  return Array.isArray(value);
}
