// The bytes of one file → what it declares. Each content is parsed once, whatever its path: see parsed.ts.
import type { Document } from 'yaml';
import type { CommandManifest } from '../../schemas/generated/command.ts';
import { compareProblems, hasErrors, type Place, type Problem } from '../../schemas/problem.ts';
import { schema } from '../../schemas/validator.ts';
import { type Places, parseSpec } from './command-spec.ts';
import { readDocuments } from './documents.ts';
import { parseInvocation } from './invocation.ts';
import type { Limits } from './limits.ts';
import { locator, placeInside, placer } from './locate.ts';
import type { ParsedFile, ParsedObject, ParsedUnit } from './parsed.ts';
import { freshPatience } from './pattern.ts';
import { type At, plainValue } from './plain-value.ts';
import { shapeOf } from './shape.ts';
import { textOf } from './text.ts';

/** So many problems of one file are reported; a file that has more is wrong as a whole. */
const maxProblems = 100;

/** Never throws, whatever the bytes are. Problems and places have '' for their file. */
export function parseFile(bytes: Buffer | { tooLarge: number }, limits: Limits): ParsedFile {
  const read = textOf(bytes);
  if ('problem' in read) return { units: [], problems: [read.problem], complete: false };
  const { text } = read;
  freshPatience();
  const { documents, lines, problems, complete } = readDocuments(text);
  const at = placer(text, lines);
  const units: ParsedUnit[] = [];
  for (const document of documents) {
    const parsed = parseDocument(document, text, at, limits);
    if ('kind' in parsed) units.push(parsed);
    else problems.push(...parsed.problems);
  }
  return {
    units,
    problems: problems.sort(compareProblems).slice(0, maxProblems),
    complete: complete && units.length === documents.length,
  };
}

function parseDocument(
  document: Document.Parsed,
  text: string,
  at: At,
  limits: Limits,
): ParsedUnit | { problems: Problem[] } {
  const places: Places = {
    locate: locator(document, at),
    inside: (path, raw) => placeInside(document, text, at, path, raw),
  };
  const { value, problems } = plainValue(document, at);
  const shape = shapeOf(value, places.locate);
  // What an alias stands for is not known, so what the schema misses may be there.
  const hasGaps = problems.some(({ code }) => code === 'YamlAlias' || code === 'YamlMergeKey');
  if ('problems' in shape && !hasGaps) problems.push(...shape.problems);
  if (shape.declares === undefined) return { problems };
  const place = places.locate(['metadata', 'name'], 'value');
  const parsed =
    'manifest' in shape && !hasGaps ? parseObject(shape.manifest, place, places, limits) : { problems: [] };
  problems.push(...parsed.problems);
  const isInvocation = shape.declares.kind === 'Invocation';
  const ref = isInvocation ? refOf(value) : undefined;
  const unit = {
    ...shape.declares,
    place,
    problems: problems.sort(compareProblems).slice(0, maxProblems),
    ...(isInvocation && member(value, 'spec', 'command', 'keep') === true && { keeps: true as const }),
    ...(ref === undefined
      ? {}
      : { ref: { name: ref, place: places.locate(['spec', 'commandRef', 'name'], 'value') } }),
  };
  if (hasErrors(problems) || !('object' in parsed) || parsed.object === undefined) return unit;
  return { ...unit, object: parsed.object };
}

function parseObject(
  manifest: Parameters<typeof parseInvocation>[0] | CommandManifest,
  place: Place,
  places: Places,
  limits: Limits,
): { object?: ParsedObject; problems: Problem[] } {
  if (manifest.kind === 'Invocation') return parseInvocation(manifest, place, places, limits);
  const { metadata, spec } = manifest;
  const { parsed, problems } = parseSpec(spec, ['spec'], places, limits.command);
  if (parsed === undefined) return { problems };
  const { name, labels = {}, annotations = {} } = metadata;
  return { object: { kind: 'Command', name, place, labels, annotations, spec: parsed }, problems };
}

/** spec.commandRef.name of a value that may be wrong besides. */
function refOf(value: unknown): string | undefined {
  const found = member(value, 'spec', 'commandRef', 'name');
  return typeof found === 'string' && schema<string>('definitions', 'name')(found) ? found : undefined;
}

/** What stands at a path of a value that may be anything. */
function member(value: unknown, ...path: string[]): unknown {
  let found = value;
  for (const name of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined;
    found = new Map(Object.entries(found)).get(name);
  }
  return found;
}
