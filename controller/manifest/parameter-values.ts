// Which values the parameters of a command may have and which they get.
import type { CommandType } from '../../schemas/generated/definitions.ts';
import { didYouMean } from '../../schemas/nearest.ts';
import { type Place, type Problem, problem } from '../../schemas/problem.ts';
import { quote } from '../../schemas/schema-findings.ts';
import type { CommandSpec, ParameterDefinition } from './catalog.ts';
import { fits } from './pattern.ts';
import { environmentName, placeholders } from './substitute.ts';

/** Text that no shell reads as code and no program as an option. */
const safe = /^([A-Za-z0-9_./:@,+=][A-Za-z0-9_./:@,+=-]*)?$/;
const safeSigns = '_./:@,+=-';

/** Of these characters, the ones that mean something in a language, in a text in quotes or as an argument. */
const meaningful: Readonly<Record<CommandType, string>> = {
  RunShellScript: '',
  RunPythonScript: '',
  RunPerlScript: '@',
  RunPowerShellScript: '@,',
  RunBatScript: ',=',
};

/** Values that an Invocation gives, by lower-case name. */
export type GivenValues = ReadonlyMap<string, { value: string; place: Place }>;

/** The value of every declared parameter: what is given, else its default, else ''. */
export function parameterValues(
  definitions: readonly ParameterDefinition[],
  given: ReadonlyMap<string, { value: string }>,
): ReadonlyMap<string, string> {
  return new Map(definitions.map((each) => [each.name, given.get(each.name)?.value ?? each.default ?? '']));
}

/** Checks what an Invocation gives against what the command declares. `place` is where a missing value is shown. */
export function checkValues(spec: CommandSpec, given: GivenValues, place: Place): Problem[] {
  const problems: Problem[] = [];
  const byName = new Map(spec.parameters.map((each) => [each.name, each]));
  for (const [name, { value, place }] of given) {
    const definition = byName.get(name);
    const fault =
      definition === undefined
        ? unknownParameter(name, place, [...byName.keys()])
        : (valueFault(definition, value, place) ?? unsafeFault(spec, definition, value, place));
    if (fault !== undefined) problems.push(fault);
  }
  for (const { name, required, default: usual } of spec.parameters) {
    if (required && usual === undefined && !given.has(name)) {
      const what = `the parameter ${name} has no value`;
      problems.push(problem('MissingParameter', place, what, `Give it: parameters: {${name}: ...}.`));
    }
  }
  return problems;
}

/** Why a value is not allowed by enum, pattern, or at all; for the value of an Invocation. */
export function valueFault(
  { name, enum: legal, pattern }: ParameterDefinition,
  value: string,
  place: Place,
): Problem | undefined {
  const found = quote(value);
  if (value.includes('\0'))
    return problem('ParameterHasNul', place, `the value of ${name} has a NUL character`);
  if (legal !== undefined && !legal.includes(value)) {
    const finding = { what: `${name} does not allow this value`, found, legal: legal.map(quote).join(', ') };
    return problem('InvalidParameterValue', place, finding, didYouMean(value, legal));
  }
  const fit = pattern === undefined ? 'yes' : fits(pattern, value);
  if (fit === 'yes') return undefined;
  const what =
    fit === 'no' ? `the value of ${name} does not match its pattern` : `matching ${name} takes too long`;
  return problem(fit === 'no' ? 'InvalidParameterValue' : 'PatternTooSlow', place, {
    what,
    found,
    legal: `text that matches ${pattern}`,
  });
}

/** Why a value that has no enum and no pattern may not be put into the script. */
export function unsafeFault(
  spec: Pick<CommandSpec, 'type' | 'script'>,
  { name, enum: legal, pattern }: ParameterDefinition,
  value: string,
  place: Place,
): Problem | undefined {
  if (legal !== undefined || pattern !== undefined || isSafe(value, spec.type)) return undefined;
  if (!substituted(spec).has(name)) return undefined;
  const what = `the value of ${name} is put into the script as text, and is not safe there`;
  const signs = [...safeSigns].filter((sign) => !meaningful[spec.type].includes(sign)).join('');
  const allowed = `letters, digits and ${signs} (not first '-')`;
  const variable = environmentName(name);
  return problem(
    'UnsafeParameterValue',
    place,
    { what, found: quote(value), legal: allowed },
    `Let the script read the variable ${variable} instead of {{${name}}}, or give the parameter an enum or a pattern.`,
  );
}

function isSafe(value: string, type: CommandType): boolean {
  return safe.test(value) && ![...meaningful[type]].some((sign) => value.includes(sign));
}

/** Names of the parameters that a script takes as text. Remembered by spec: many Invocations share one. */
function substituted(spec: Pick<CommandSpec, 'script'>): ReadonlySet<string> {
  const known = substitutedBySpec.get(spec);
  if (known !== undefined) return known;
  const names = placeholders(spec.script).flatMap(({ refersTo }) =>
    'parameter' in refersTo ? [refersTo.parameter] : [],
  );
  const made = new Set(names);
  substitutedBySpec.set(spec, made);
  return made;
}

const substitutedBySpec = new WeakMap<object, ReadonlySet<string>>();

function unknownParameter(name: string, place: Place, legal: string[]): Problem {
  const finding = {
    what: 'the command has no such parameter',
    found: quote(name),
    legal: legal.length === 0 ? 'none: it declares no parameters' : legal.join(', '),
  };
  return problem('UnknownParameter', place, finding, didYouMean(name, legal));
}
