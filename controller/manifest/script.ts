// What can be wrong with a script, wherever it comes from.
import { didYouMean } from '../../schemas/nearest.ts';
import { type Place, type Problem, problem } from '../../schemas/problem.ts';
import { quote } from '../../schemas/schema-findings.ts';
import { base64Length } from './base64.ts';
import type { CommandSpec } from './catalog.ts';
import { parameterValues, unsafeFault } from './parameter-values.ts';
import { renderedFault } from './rendered-size.ts';
import { builtInNames, type Placeholder, placeholders } from './substitute.ts';

export interface ScriptPlaces {
  /** The script as a whole. */
  script: Place;
  placeholder(placeholder: Placeholder): Place;
  /** Of the defaults, by parameter. */
  defaults: ReadonlyMap<string, Place>;
}

/** Checks a script together with the parameters that are declared for it. */
export function checkScript(
  spec: Pick<CommandSpec, 'type' | 'script' | 'parameters'>,
  places: ScriptPlaces,
  mostBytes: number,
): Problem[] {
  const { script, parameters } = spec;
  if (script.trim() === '') return [problem('ScriptEmpty', places.script, 'the script is empty')];
  if (script.includes('\0'))
    return [problem('ScriptHasNul', places.script, 'the script has a NUL character')];
  const problems: Problem[] = [];
  const tooLarge = sizeFault(script, new Map(), places.script, mostBytes);
  if (tooLarge !== undefined) problems.push(tooLarge);
  const seen = new Set<string>();
  for (const each of placeholders(script)) {
    const key = JSON.stringify(each.refersTo).toLowerCase();
    if (seen.has(key)) continue;
    seen.add(key);
    const fault = placeholderFault(
      each,
      parameters.map(({ name }) => name),
      () => places.placeholder(each),
    );
    if (fault !== undefined) problems.push(fault);
  }
  for (const each of parameters) {
    const place = places.defaults.get(each.name);
    if (each.default === undefined || place === undefined) continue;
    const fault = unsafeFault(spec, each, each.default, place);
    if (fault !== undefined) problems.push(fault);
  }
  if (problems.length === 0) {
    const defaults = parameterValues(parameters, new Map());
    const placeOf = (name = '') => places.defaults.get(name) ?? places.script;
    const fault = renderedFault(spec, defaults, placeOf);
    if (fault !== undefined) problems.push(fault);
  }
  return problems;
}

/** Why script and values together are too large. */
export function sizeFault(
  script: string,
  values: ReadonlyMap<string, string>,
  place: Place,
  mostBytes: number,
): Problem | undefined {
  const parameters =
    values.size === 0 ? 0 : base64Length(Buffer.byteLength(JSON.stringify(Object.fromEntries(values))));
  const size = base64Length(Buffer.byteLength(script)) + parameters;
  if (size <= mostBytes) return undefined;
  const what = parameters === 0 ? 'the script is too large' : 'the script and its parameters are too large';
  const finding = { what, found: `${size} bytes in Base64`, legal: `${mostBytes} at most` };
  return problem('ScriptTooLarge', place, finding);
}

// Without declared parameters {{name}} means nothing and stays as it is; built-ins always mean something.
function placeholderFault(each: Placeholder, declared: string[], place: () => Place): Problem | undefined {
  const { raw, refersTo } = each;
  if ('store' in refersTo)
    return problem('NotYetSupported', place(), `${raw} is not supported yet (parameter stores)`);
  if ('builtIn' in refersTo) {
    const typed = refersTo.builtIn;
    if (builtInNames.some((name) => name.toLowerCase() === typed.toLowerCase())) return undefined;
    const finding = {
      what: 'there is no such built-in parameter',
      found: raw,
      legal: builtInNames.join(', '),
    };
    const hint = /^ScriptFileName\b/i.test(typed)
      ? 'It is for the launcher; a script has its own path in $0.'
      : didYouMean(typed, builtInNames);
    return problem('InvalidSystemBuiltInParameter', place(), finding, hint);
  }
  const { parameter } = refersTo;
  if (declared.length === 0 || declared.includes(parameter)) return undefined;
  const finding = {
    what: 'the script uses a parameter that is not declared',
    found: quote(raw),
    legal: declared.join(', '),
  };
  return problem('UndeclaredPlaceholder', place(), finding, didYouMean(parameter, declared));
}
