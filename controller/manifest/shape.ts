// Which kind of manifest a value is, and whether it has that kind's shape.
import type { CommandManifest } from '../../schemas/generated/command.ts';
import type { InvocationManifest } from '../../schemas/generated/invocation.ts';
import { didYouMean, nearest } from '../../schemas/nearest.ts';
import { type Problem, problem } from '../../schemas/problem.ts';
import { shown } from '../../schemas/schema-findings.ts';
import { type Locate, problemsOfErrors } from '../../schemas/schema-problems.ts';
import { schema } from '../../schemas/validator.ts';

export type Kind = 'Command' | 'Invocation';
export type Manifest = CommandManifest | InvocationManifest;

const apiVersion = 'groundcrew.dev/v1';
const kinds: readonly Kind[] = ['Command', 'Invocation'];

/** What a value declares, as far as it can be told, and either the manifest or what is wrong with it. */
export type Shape = { declares?: { kind: Kind; name: string } } & (
  | { manifest: Manifest }
  | { problems: Problem[] }
);

export function shapeOf(value: unknown, locate: Locate): Shape {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const finding = { what: 'the document is no manifest', found: shown(value), legal: 'a mapping' };
    return { problems: [problem('NotAManifest', locate([], 'value'), finding)] };
  }
  const fields: Record<string, unknown> = { ...value };
  const version = versionFault(fields, locate);
  if (version !== undefined && !isNearOurs(fields.apiVersion)) return { problems: [version] };
  const kind = kinds.find((each) => each === fields.kind);
  const validated = validate(kind ?? meantKind(fields), value);
  const name = nameOf(fields);
  const declares = kind === undefined || name === undefined ? {} : { declares: { kind, name } };
  if ('manifest' in validated && version === undefined) return { ...declares, manifest: validated.manifest };
  const errors = 'errors' in validated ? validated.errors : [];
  const problems = problemsOfErrors(
    errors.filter(({ instancePath }) => instancePath !== '/apiVersion' && instancePath !== '/kind'),
    locate,
  );
  if (version !== undefined) problems.push(version);
  const kindProblem = kindFault(fields, locate);
  if (kindProblem !== undefined) problems.push(kindProblem);
  return { ...declares, problems };
}

function validate(
  kind: Kind | undefined,
  value: object,
): { manifest: Manifest } | { errors: readonly ReturnType<typeof errorsOf>[number][] } {
  if (kind === undefined) return { errors: [] };
  const check =
    kind === 'Command' ? schema<CommandManifest>('command') : schema<InvocationManifest>('invocation');
  return check(value) ? { manifest: value } : { errors: errorsOf(check) };
}

function errorsOf(check: ReturnType<typeof schema>) {
  return check.errors ?? [];
}

function versionFault(fields: Record<string, unknown>, locate: Locate): Problem | undefined {
  if (!Object.hasOwn(fields, 'apiVersion') || fields.apiVersion === apiVersion) return undefined;
  const finding = { what: 'apiVersion is unknown', found: shown(fields.apiVersion), legal: apiVersion };
  const hint = isNearOurs(fields.apiVersion) ? `Did you mean "${apiVersion}"?` : undefined;
  return problem('UnknownApiVersion', locate(['apiVersion'], 'value'), finding, hint);
}

function kindFault(fields: Record<string, unknown>, locate: Locate): Problem | undefined {
  if (kinds.some((each) => each === fields.kind)) return undefined;
  if (Object.hasOwn(fields, 'kind')) {
    const finding = { what: 'kind is unknown', found: shown(fields.kind), legal: kinds.join(', ') };
    const hint = typeof fields.kind === 'string' ? didYouMean(fields.kind, kinds) : undefined;
    return problem('UnknownKind', locate(['kind'], 'value'), finding, hint);
  }
  // A misspelt key has been reported by the schema of the kind that it names.
  if (meantKind(fields) !== undefined) return undefined;
  const finding = {
    what: 'kind is missing',
    found: Object.keys(fields).slice(0, 12).join(', '),
    legal: kinds.join(', '),
  };
  return problem('MissingField', locate([], 'key'), finding, 'Add kind.');
}

/** The kind that a misspelt value or a misspelt key probably stands for. */
function meantKind(fields: Record<string, unknown>): Kind | undefined {
  for (const [key, value] of Object.entries(fields)) {
    if (typeof value !== 'string' || nearest(key, ['apiVersion', 'kind', 'metadata', 'spec']) !== 'kind')
      continue;
    const meant = nearest(value, kinds);
    const kind = kinds.find((each) => each === meant);
    if (kind !== undefined) return kind;
  }
  return undefined;
}

function isNearOurs(version: unknown): boolean {
  return (
    typeof version === 'string' &&
    (version.startsWith('groundcrew') || nearest(version, [apiVersion]) !== undefined)
  );
}

/** metadata.name, if it could be a name: the rest of the manifest may be wrong. */
function nameOf({ metadata }: Record<string, unknown>): string | undefined {
  if (typeof metadata !== 'object' || metadata === null || !('name' in metadata)) return undefined;
  const { name } = metadata;
  return typeof name === 'string' && schema<string>('definitions', 'name')(name) ? name : undefined;
}
