// A parsed file at its path: places get their file, scripts of other files their text.
import { sha256 } from '../../schemas/digest.ts';
import { hasErrors, type Place, type Problem } from '../../schemas/problem.ts';
import { base64Length } from './base64.ts';
import {
  type CatalogCommand,
  type CatalogInvocation,
  type CommandSpec,
  type Content,
  usualTimeoutSeconds,
} from './catalog.ts';
import { contentText, placeInContent, type Resolved, tooLargeFault } from './content-file.ts';
import { blobOf, type LargeContent, largeContent, largeScriptFaults } from './large-content.ts';
import type { CommandLimits, Limits } from './limits.ts';
import { checkValues, parameterValues } from './parameter-values.ts';
import type { ParsedFile, ParsedFileSpec, ParsedObject, ParsedSpec, ParsedUnit } from './parsed.ts';
import { renderedFault } from './rendered-size.ts';
import { intervalFaults } from './repeat.ts';
import { checkScript, sizeFault } from './script.ts';
import type { Kind } from './shape.ts';

/** One document of one path, as the catalog works with it. */
export interface Unit {
  kind: Kind;
  name: string;
  place: Place;
  /** The Command that it refers to, also where the rest of it cannot be used. */
  ref?: { name: string; place: Place };
  /** An Invocation that keeps its inline command as a Command of the same name. */
  keeps?: true;
  /** A Command that an Invocation keeps: the unit of the Invocation stands beside it. */
  kept?: true;
  /** Missing if the document cannot be used. */
  object?: CatalogCommand | CatalogInvocation;
}

export interface BoundFile {
  units: readonly Unit[];
  problems: readonly Problem[];
  complete: boolean;
}

/** What was found for each file that the file names, by the path as it is written, with what was read of it. */
export type Contents = ReadonlyMap<string, { resolved: Resolved; read?: ReadContent | undefined }>;
export type ReadContent = Buffer | LargeContent | { tooLarge: number };

export interface NamedFile {
  file: string;
  place: Place;
  /** Else it is a file to send. */
  isScript: boolean;
}

/** Files that a parsed file takes scripts and files to send from, as they are written. */
export function contentFiles(parsed: ParsedFile): NamedFile[] {
  return parsed.units.flatMap(({ object }): NamedFile[] => {
    if (object?.kind === 'Invocation' && 'send' in object.does) {
      const { send } = object.does;
      return send.content === 'elsewhere' ? [{ file: send.source, place: send.place, isScript: false }] : [];
    }
    const spec = object === undefined ? undefined : specOf(object);
    return spec?.script === 'elsewhere' ? [{ file: spec.file, place: spec.place, isScript: true }] : [];
  });
}

/** What a document is bound to. */
interface Site {
  path: string;
  contents: Contents;
  limits: Limits;
}

export function bindFile(path: string, parsed: ParsedFile, contents: Contents, limits: Limits): BoundFile {
  const problems = parsed.problems.map((each) => ({ ...each, file: path }));
  const units = parsed.units.flatMap((each) => {
    const unit = bindUnit({ path, contents, limits }, each, problems);
    return unit.keeps ? [unit, keptUnit(unit)] : [unit];
  });
  return { units, problems, complete: parsed.complete };
}

function bindUnit(site: Site, unit: ParsedUnit, problems: Problem[]): Unit {
  const { path } = site;
  const place = { ...unit.place, file: path };
  const ref =
    unit.ref === undefined ? {} : { ref: { ...unit.ref, place: { ...unit.ref.place, file: path } } };
  const { kind, name, keeps } = unit;
  const bare = { kind, name, place, ...ref, ...(keeps && { keeps }) };
  const found: Problem[] = unit.problems.map((each) => ({ ...each, file: path }));
  const object = unit.object === undefined ? undefined : bindObject(site, unit.object, found);
  problems.push(...found);
  return hasErrors(found) || object === undefined ? bare : { ...bare, object };
}

/** The Command that an Invocation keeps; it cannot be used where the Invocation cannot. */
function keptUnit({ name, place, object }: Unit): Unit {
  const unit: Unit = { kind: 'Command', name, place, kept: true };
  if (object?.kind !== 'Invocation' || !('inline' in object.does)) return unit;
  const { labels, annotations, does } = object;
  return {
    ...unit,
    object: { kind: 'Command', name, place, labels, annotations, spec: does.inline },
  };
}

function bindObject(
  site: Site,
  object: ParsedObject,
  problems: Problem[],
): CatalogCommand | CatalogInvocation | undefined {
  const { path, limits } = site;
  const place = { ...object.place, file: path };
  if (object.kind === 'Command') {
    const spec = bindSpec(site, object.spec, limits.command, problems);
    return spec === undefined ? undefined : { ...object, place, spec };
  }
  const parameters = new Map(
    [...object.parameters].map(([name, given]) => [
      name,
      { ...given, place: { ...given.place, file: path } },
    ]),
  );
  const bound = {
    ...object,
    place,
    parameters,
    ...(object.frequencyPlace && { frequencyPlace: { ...object.frequencyPlace, file: path } }),
    ...(object.untilPlace && { untilPlace: { ...object.untilPlace, file: path } }),
  };
  if ('ref' in object.does) {
    const does = { ref: object.does.ref, place: { ...object.does.place, file: path } };
    return { ...bound, does };
  }
  if ('send' in object.does) {
    const content = bindSend(site, object.does.send, problems);
    if (content === undefined) return undefined;
    const does = { send: { ...object.does.send.file, blob: content.blob }, content };
    const seconds = object.timeoutSeconds ?? usualTimeoutSeconds;
    problems.push(...intervalFaults({ ...bound, does }, seconds, limits.intervals));
    return { ...bound, does };
  }
  const bounds = object.does.isKept ? limits.command : limits.inline;
  const inline = bindSpec(site, object.does.inline, bounds, problems);
  if (inline === undefined) return undefined;
  const invocation = { ...bound, does: { ...object.does, inline } };
  if (!hasErrors(problems)) problems.push(...checkGiven(inline, invocation, bounds, limits));
  return invocation;
}

/** Checks the values that an Invocation gives against the command that it runs. */
export function checkGiven(
  spec: CommandSpec,
  invocation: CatalogInvocation,
  { bytes }: CommandLimits,
  { intervals }: Limits,
): Problem[] {
  const { parameters, place, does } = invocation;
  const problems = [
    ...checkValues(spec, parameters, 'ref' in does ? does.place : place),
    ...intervalFaults(invocation, invocation.timeoutSeconds ?? spec.timeoutSeconds, intervals),
  ];
  if (problems.length > 0 || parameters.size === 0) return problems;
  const [first] = parameters.values();
  const values = parameterValues(spec.parameters, parameters);
  const placeOf = (name = '') => (parameters.get(name) ?? first)?.place ?? place;
  const tooLarge = sizeFault(spec.script, values, placeOf(), bytes) ?? renderedFault(spec, values, placeOf);
  return tooLarge === undefined ? [] : [tooLarge];
}

function bindSpec(
  site: Site,
  parsed: ParsedSpec,
  { bytes: mostBytes }: CommandLimits,
  problems: Problem[],
): CommandSpec | undefined {
  if (parsed.script === 'here') return parsed.spec;
  const { path } = site;
  const place = { ...parsed.place, file: path };
  const found = contentOf(site, parsed.file, place, problems);
  if (found === undefined) return undefined;
  const { resolved, read } = found;
  if (!Buffer.isBuffer(read) || base64Length(read.length) > mostBytes) {
    const large = Buffer.isBuffer(read) ? largeContent(read, true) : read;
    problems.push(...largeScriptFaults(large, parsed.spec, resolved.path));
    const content: Content = { blob: large.blob, from: { git: resolved.blob } };
    return { ...parsed.spec, script: '', scriptDigest: large.blob.sha256, large: content };
  }
  const script = contentText(read, resolved.path, place);
  if (typeof script !== 'string') {
    problems.push(script);
    return undefined;
  }
  const spec = { ...parsed.spec, script, scriptDigest: sha256(script) };
  const defaults = new Map([...parsed.defaults].map(([name, each]) => [name, { ...each, file: path }]));
  const placeholder = ({ index, raw }: { index: number; raw: string }) =>
    placeInContent(resolved.path, script, index, raw.length);
  problems.push(...checkScript(spec, { script: place, placeholder, defaults }, mostBytes));
  return spec;
}

function bindSend(site: Site, parsed: ParsedFileSpec, problems: Problem[]): Content | undefined {
  if (parsed.content === 'here') return { blob: blobOf(parsed.bytes), from: { bytes: parsed.bytes } };
  const found = contentOf(site, parsed.source, { ...parsed.place, file: site.path }, problems);
  if (found === undefined) return undefined;
  const { resolved, read } = found;
  return { blob: Buffer.isBuffer(read) ? blobOf(read) : read.blob, from: { git: resolved.blob } };
}

/** The file that a manifest names, and what was read of it; undefined, with a problem, if it cannot be taken. */
function contentOf(
  { path, contents, limits }: Site,
  file: string,
  place: Place,
  problems: Problem[],
): { resolved: Extract<Resolved, { path: string }>; read: Buffer | LargeContent } | undefined {
  const content = contents.get(file);
  if (content === undefined) throw new Error(`nobody looked for ${file}`);
  const { resolved, read } = content;
  if ('problem' in resolved) {
    problems.push({ ...resolved.problem, file: path });
    return undefined;
  }
  if (read === undefined) throw new Error(`the snapshot did not give the content of ${resolved.path}`);
  if ('tooLarge' in read) {
    problems.push(tooLargeFault(resolved.path, read.tooLarge, place, limits));
    return undefined;
  }
  return { resolved, read };
}

function specOf(object: ParsedObject): ParsedSpec | undefined {
  if (object.kind === 'Command') return object.spec;
  return 'inline' in object.does ? object.does.inline : undefined;
}
