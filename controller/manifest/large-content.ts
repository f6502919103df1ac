// Content that is not held as text: what the catalog knows of it once it was read.

import { sha256 } from '../../schemas/digest.ts';
import type { Blob } from '../../schemas/generated/wire.ts';
import { type Place, type Problem, problem } from '../../schemas/problem.ts';
import type { CommandSpec } from './catalog.ts';
import { builtInNames, environmentName, type Placeholder, placeholders } from './substitute.ts';
import { position } from './text.ts';

export interface LargeContent {
  blob: Blob;
  /** The first of each that stands in it, if it is a script; line and column from 1. */
  placeholders: readonly (Placeholder & { line: number; column: number })[];
}

/** So many are looked at; a script that has more is reported for the first. */
const mostPlaceholders = 100;

/** Reads through the bytes once, so that they need not be kept. */
export function largeContent(bytes: Buffer, isScript: boolean): LargeContent {
  const blob = blobOf(bytes);
  if (!isScript || !bytes.includes('{{')) return { blob, placeholders: [] };
  // Bytes as characters: a large script is run as it is, and need not be text to its end.
  const text = bytes.toString('latin1');
  const first = new Map<string, LargeContent['placeholders'][number]>();
  for (const each of placeholders(text)) {
    const key = JSON.stringify(each.refersTo).toLowerCase();
    if (!first.has(key)) first.set(key, { ...each, ...position(text, each.index) });
    if (first.size === mostPlaceholders) break;
  }
  return { blob, placeholders: [...first.values()] };
}

export function blobOf(bytes: Buffer): Blob {
  return { sha256: sha256(bytes), size: bytes.length };
}

/** Placeholders of a large script that would mean something in a small one. */
export function largeScriptFaults(
  { placeholders }: LargeContent,
  { parameters }: Pick<CommandSpec, 'parameters'>,
  path: string,
): Problem[] {
  return placeholders.flatMap(({ raw, refersTo, line, column }) => {
    const place: Place = { file: path, line, column, length: raw.length };
    const what = `${path} is too large to be changed: ${raw} would stay as it is`;
    if ('builtIn' in refersTo) {
      const isOurs = builtInNames.some((name) => name.toLowerCase() === refersTo.builtIn.toLowerCase());
      return isOurs ? [problem('LargeScriptHasPlaceholder', place, what, builtInHint)] : [];
    }
    if (!('parameter' in refersTo) || !parameters.some(({ name }) => name === refersTo.parameter)) return [];
    const hint = `Read the variable ${environmentName(refersTo.parameter)} in the script instead.`;
    return [problem('LargeScriptHasPlaceholder', place, what, hint)];
  });
}

const builtInHint =
  'Give it as a parameter, and read the variable GC_PARAM_<NAME>; or make the script smaller.';
