// YAML text of a JSON-like document: block style, keys in the order they come, LF, the same value always as the
// same text.
//
// Why not the package's stringify: it takes about 300 µs for a document, this takes about 20, and fast-import takes
// about 70 for its file. To measure it, for F = require('yaml').stringify and for
// F = require('./controller/status/emit-yaml.ts').emitYaml:
//   npx tsx -e "const d=require('./package.json'),f=F;console.time();for(let i=0;i<2000;i++)f(d);console.timeEnd()"
//
// A string is plain only where YAML 1.2 core and 1.1 agree that it is one, a literal block where every line of it
// is safe, and JSON otherwise, which YAML reads as a double-quoted scalar.

/** The JSON-like document as YAML. Members that are undefined are left out. Throws on what JSON does not have. */
export function emitYaml(value: unknown): string {
  if (typeof value === 'string') return `${quoted(value)}\n`;
  return isNested(value) ? block(value, '') : `${scalar(value)}\n`;
}

function block(value: Nested, indent: string): string {
  return isList(value) ? list(value, indent) : map(value, indent);
}

function list(items: readonly unknown[], indent: string): string {
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

/** Also of a list or map with nothing in it. */
function scalar(value: unknown): string {
  const isNumber = typeof value === 'number' && Number.isFinite(value);
  if (isNumber || value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'object') return Array.isArray(value) ? '[]' : '{}';
  throw new Error(`no YAML for a ${typeof value}`);
}

type Members = { readonly [key: string]: unknown };
type Nested = readonly unknown[] | Members;

/** Whether it takes lines of its own: a list or a map with something in it. */
function isNested(value: unknown): value is Nested {
  if (value === null || typeof value !== 'object') return false;
  if (Array.isArray(value)) return value.length > 0;
  return Object.values(value).some((member) => member !== undefined);
}

function isList(value: Nested): value is readonly unknown[] {
  return Array.isArray(value);
}
