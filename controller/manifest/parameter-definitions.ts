import type { ParameterDefinition as Written } from '../../schemas/generated/definitions.ts';
import { type Place, type Problem, problem } from '../../schemas/problem.ts';
import { fieldPath, quote } from '../../schemas/schema-findings.ts';
import type { Locate } from '../../schemas/schema-problems.ts';
import type { ParameterDefinition } from './catalog.ts';
import type { CommandLimits } from './limits.ts';
import { longText } from './long-text.ts';
import { valueFault } from './parameter-values.ts';
import { patternFault } from './pattern.ts';
import { environmentName } from './substitute.ts';

export interface Definitions {
  parameters: readonly ParameterDefinition[];
  /** Places of the defaults, by name: whether one is safe is known when the script is. */
  defaults: ReadonlyMap<string, Place>;
  problems: Problem[];
}

/** Reads `parameters`, which the schema has found nothing against. `path` leads to the list. */
export function parameterDefinitions(
  written: readonly Written[],
  path: readonly string[],
  locate: Locate,
  { parameters: most, text }: CommandLimits,
): Definitions {
  const problems: Problem[] = [];
  if (written.length > most) {
    const what = `${fieldPath(path)} has too many items`;
    const finding = { what, found: String(written.length), legal: `${most} at most` };
    problems.push(problem('TooManyItems', locate(path, 'key'), finding));
  }
  const defaults = new Map<string, Place>();
  const byVariable = new Map<string, string>();
  const parameters: ParameterDefinition[] = [];
  for (const [index, each] of written.entries()) {
    const here = [...path, String(index)];
    const definition = definitionOf(each);
    const { name } = definition;
    const variable = environmentName(name);
    const other = byVariable.get(variable);
    if (other !== undefined)
      problems.push(sameName(name, other, variable, locate([...here, 'name'], 'value')));
    byVariable.set(variable, name);
    problems.push(
      ...faults(definition, here, locate),
      ...longText(definition.description, text.description, [...here, 'description'], locate),
    );
    if (definition.default !== undefined) defaults.set(name, locate([...here, 'default'], 'value'));
    // What may be left out and has no default is empty, for every stage after this one.
    parameters.push(definition.required ? definition : { default: '', ...definition });
  }
  return { parameters, defaults, problems };
}

function definitionOf({
  name,
  description,
  default: usual,
  required,
  enum: legal,
  pattern,
}: Written): ParameterDefinition {
  return {
    name: name.toLowerCase(),
    required: required ?? usual === undefined,
    ...(description === undefined ? {} : { description }),
    ...(usual === undefined ? {} : { default: usual }),
    ...(legal === undefined ? {} : { enum: legal }),
    ...(pattern === undefined ? {} : { pattern }),
  };
}

function faults(definition: ParameterDefinition, path: string[], locate: Locate): Problem[] {
  const { pattern, enum: legal, default: usual, name } = definition;
  if (pattern !== undefined) {
    const fault = patternFault(pattern);
    const place = locate([...path, 'pattern'], 'value');
    if (fault?.is === 'invalid')
      return [
        problem('InvalidPattern', place, { what: `pattern of ${name}: ${fault.why}`, found: quote(pattern) }),
      ];
    if (fault?.is === 'slow')
      return [
        problem('PatternTooSlow', place, { what: `pattern of ${name} goes wild`, found: quote(pattern) }),
      ];
  }
  const problems: Problem[] = [];
  const byPattern = pattern === undefined ? { name, required: false } : { name, required: false, pattern };
  for (const [index, value] of (legal ?? []).entries()) {
    const fault = valueFault(byPattern, value, locate([...path, 'enum', String(index)], 'value'));
    if (fault !== undefined) problems.push(renamed(fault, 'InvalidEnum', `${fieldPath(path)}.enum`));
  }
  if (usual === undefined || problems.length > 0) return problems;
  const fault = valueFault(definition, usual, locate([...path, 'default'], 'value'));
  return fault === undefined ? [] : [renamed(fault, 'InvalidDefault', `${fieldPath(path)}.default`)];
}

/** A fault of a value, as the fault of the definition that has it. */
function renamed(fault: Problem, code: 'InvalidEnum' | 'InvalidDefault', where: string): Problem {
  if (fault.code !== 'InvalidParameterValue') return fault;
  const { finding } = fault;
  return problem(code, fault, { ...finding, what: `${where} is not a value that the parameter allows` });
}

function sameName(name: string, other: string, variable: string, place: Place): Problem {
  return name === other
    ? problem('DuplicateParameter', place, `the parameter ${name} is declared twice`)
    : problem('ParameterNamesCollide', place, `${name} and ${other} would both be ${variable}`);
}
