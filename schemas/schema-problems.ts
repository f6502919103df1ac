// ajv's errors → problems that people can act on. One mistake makes one problem: what only follows from another
// error is left out. Knows nothing of YAML; where things stand is asked of `locate`.
import { nearest } from './nearest.ts';
import { type Place, type Problem, problem } from './problem.ts';
import type { ProblemCode } from './problem-codes.ts';
import { field, findingOf, rank, type SchemaError } from './schema-findings.ts';

/** Where the value at a path stands, or the key that leads to it. A path that does not exist: its nearest parent. */
export type Locate = (path: readonly string[], part: 'key' | 'value') => Place;

/** Which codes are used: those of manifests, or those of settings. */
export type Vocabulary = 'manifest' | 'config';

/** So many errors of one document are looked at, and so many problems made of them: the rest would not be read. */
const maxErrors = 500;
const maxProblems = 100;

/** Problems of one document's errors (ajv with allErrors and verbose), in no particular order; 100 at most. */
export function problemsOfErrors(
  errors: readonly SchemaError[],
  locate: Locate,
  vocabulary: Vocabulary = 'manifest',
): Problem[] {
  return withoutConsequences(errors.slice(0, maxErrors))
    .slice(0, maxProblems)
    .map((each) => {
      const { code, part, path, finding, hint } = findingOf(each);
      return problem(wordFor(code, vocabulary), locate(path, part), finding, hint);
    });
}

function wordFor(code: ProblemCode, vocabulary: Vocabulary): ProblemCode {
  if (vocabulary === 'manifest') return code;
  if (code === 'UnknownField') return 'ConfigUnknownSetting';
  return code === 'MissingField' ? 'ConfigMissingSetting' : 'ConfigInvalidValue';
}

function withoutConsequences(errors: readonly SchemaError[]): SchemaError[] {
  const refused = errors.filter((each) => each.keyword === 'notYet').map((each) => each.instancePath);
  const misspelt = new Set(errors.flatMap(meantField));
  const kept = new Map<string, SchemaError>();
  for (const each of errors) {
    if (each.keyword === 'propertyNames' || each.keyword === '$ref') continue;
    if (each.keyword !== 'notYet' && refused.some((path) => isWithin(each.instancePath, path))) continue;
    if (wantedFields(each).some((name) => misspelt.has(`${each.instancePath}/${name}`))) continue;
    const key = `${each.instancePath}\n${field(each)}`;
    const other = kept.get(key);
    if (other === undefined || rank(each) < rank(other)) kept.set(key, each);
  }
  return [...kept.values()];
}

/** The field that a misspelt key probably stands for: that it is missing is no second mistake. */
function meantField(each: SchemaError): string[] {
  if (each.keyword !== 'additionalProperties') return [];
  const meant = nearest(field(each), Object.keys(each.parentSchema?.properties ?? {}));
  return meant === undefined ? [] : [`${each.instancePath}/${meant}`];
}

function wantedFields(each: SchemaError): readonly string[] {
  if (each.keyword === 'required') return [field(each)];
  if (each.keyword !== 'exactlyOneOf' && each.keyword !== 'atLeastOneOf') return [];
  const names = Array.isArray(each.schema) ? each.schema.map(String) : [];
  const given = each.data ?? {};
  return names.some((name) => Object.hasOwn(given, name)) ? [] : names;
}

function isWithin(path: string, parent: string): boolean {
  return path === parent || path.startsWith(`${parent}/`);
}
