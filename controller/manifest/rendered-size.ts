// How large a script is with its values in place. A value may stand in it a thousand times: what is small as it is
// written can be more than an agent takes.
import { type Place, type Problem, problem } from '../../schemas/problem.ts';
import type { CommandSpec } from './catalog.ts';
import { placeholders } from './substitute.ts';

/** Most bytes of a script with its values in place. */
export const maxRenderedBytes = 256 * 1024;

/** Names are the longest built-ins. */
const longestBuiltIn = 128;

/** Why a script is too large with these values. The place is the one of the value that counts most. */
export function renderedFault(
  spec: Pick<CommandSpec, 'script'>,
  values: ReadonlyMap<string, string>,
  placeOf: (parameter: string | undefined) => Place,
): Problem | undefined {
  const { fixed, uses } = partsOf(spec);
  let size = fixed;
  let largest: { name?: string; bytes: number } = { bytes: 0 };
  for (const [name, { times, rawBytes }] of uses) {
    const value = values.get(name);
    // What has no value stays as it is.
    const bytes = value === undefined ? rawBytes : times * Buffer.byteLength(value);
    size += bytes;
    if (value !== undefined && bytes > largest.bytes) largest = { name, bytes };
  }
  if (size <= maxRenderedBytes) return undefined;
  return problem('ScriptTooLarge', placeOf(largest.name), {
    what: 'the script is too large with its values in place',
    found: `${size} bytes`,
    legal: `${maxRenderedBytes} at most`,
  });
}

interface Parts {
  /** Bytes of what is not a parameter's, with built-ins as long as they can be. */
  fixed: number;
  /** How often each parameter stands in the script, and the bytes of its placeholders. */
  uses: ReadonlyMap<string, { times: number; rawBytes: number }>;
}

/** Remembered by spec: many Invocations share one. */
function partsOf(spec: Pick<CommandSpec, 'script'>): Parts {
  const known = partsBySpec.get(spec);
  if (known !== undefined) return known;
  const uses = new Map<string, { times: number; rawBytes: number }>();
  let fixed = Buffer.byteLength(spec.script);
  for (const { raw, refersTo } of placeholders(spec.script)) {
    const rawBytes = Buffer.byteLength(raw);
    if ('builtIn' in refersTo) fixed += longestBuiltIn - rawBytes;
    if (!('parameter' in refersTo)) continue;
    const before = uses.get(refersTo.parameter);
    uses.set(refersTo.parameter, {
      times: (before?.times ?? 0) + 1,
      rawBytes: (before?.rawBytes ?? 0) + rawBytes,
    });
    fixed -= rawBytes;
  }
  const parts = { fixed, uses };
  partsBySpec.set(spec, parts);
  return parts;
}

const partsBySpec = new WeakMap<object, Parts>();
