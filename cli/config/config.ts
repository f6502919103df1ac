// What is in force: flag > environment > file > default. Pure.
import type { ControllerConfig } from '../../schemas/generated/config.ts';
import { didYouMean, nearest } from '../../schemas/nearest.ts';
import { type Place, type Problem, problem } from '../../schemas/problem.ts';
import { problemsOfErrors } from '../../schemas/schema-problems.ts';
import { schema } from '../../schemas/validator.ts';
import type { ConfigFile } from './config-file.ts';
import { disagreements } from './disagreements.ts';
import type { Setting } from './settings.ts';

/** Where a value is from: `--listen`, `$GROUNDCREW_LISTEN`, `groundcrew.yaml:3`, or `default`. */
export type Origins = ReadonlyMap<string, string>;

export type ConfigResult =
  | { is: 'valid'; config: ControllerConfig; origins: Origins; warnings: readonly Problem[] }
  | { is: 'invalid'; problems: readonly Problem[] };

export interface ConfigSources {
  /** Texts by the name of the setting. */
  flags: ReadonlyMap<string, string>;
  env: Readonly<Record<string, string | undefined>>;
  file?: ConfigFile;
}

/** Puts the sources together and checks the whole; every problem at once, each at the place it comes from. */
export function readConfig(known: readonly Setting[], { flags, env, file }: ConfigSources): ConfigResult {
  const values: Record<string, unknown> = {};
  const places = new Map<string, { key: Place; at: Place; origin: string }>();
  for (const [name, { value, key, at }] of file?.entries ?? []) {
    values[name] = value;
    places.set(name, { key, at, origin: `${at.file}:${at.line}` });
  }
  const take = (setting: Setting, text: string, origin: string): void => {
    const place = { file: origin, line: 1, column: 1 };
    values[setting.name] = setting.numeric && /^-?[0-9]+$/.test(text) ? Number(text) : text;
    places.set(setting.name, { key: place, at: place, origin });
  };
  for (const setting of known) {
    const fromEnv = env[setting.variable];
    if (fromEnv !== undefined && fromEnv !== '') take(setting, fromEnv, `$${setting.variable}`);
    const fromFlag = flags.get(setting.name);
    if (fromFlag !== undefined) take(setting, fromFlag, setting.flag);
  }
  const locate = ([name = '']: readonly string[], part: 'key' | 'value'): Place => {
    const found = places.get(name);
    return found === undefined
      ? { file: `--${name}`, line: 1, column: 1 }
      : part === 'key'
        ? found.key
        : found.at;
  };
  const problems = [...(file?.problems ?? []), ...shapeProblems(known, values, locate)];
  if (problems.length > 0) return { is: 'invalid', problems };
  const origins = new Map<string, string>();
  for (const { name, default: usual } of known) {
    const origin = places.get(name)?.origin;
    if (origin === undefined && usual !== undefined) values[name] = usual;
    origins.set(name, origin ?? (usual === undefined ? 'not set' : 'default'));
  }
  if (!isConfig(values)) throw new Error('a default in config.schema.json is not legal');
  const more = disagreements(values, locate);
  if (more.length > 0) return { is: 'invalid', problems: more };
  return { is: 'valid', config: values, origins, warnings: strangers(known, env) };
}

function shapeProblems(
  known: readonly Setting[],
  values: Record<string, unknown>,
  locate: (path: readonly string[], part: 'key' | 'value') => Place,
): Problem[] {
  const names = known.map(({ name }) => name);
  const validate = schema<ControllerConfig>('config');
  if (validate(values)) return [];
  const errors = validate.errors ?? [];
  // A setting that is only misspelt is not reported as missing too.
  const misspelt = Object.keys(values).filter((name) => !names.includes(name));
  const meant = new Set(misspelt.map((name) => nearest(name, names)));
  const missing = errors
    .filter(({ keyword }) => keyword === 'required')
    .map(({ params }) => String(params.missingProperty))
    .filter((name) => !meant.has(name));
  return [
    ...problemsOfErrors(
      errors.filter(({ keyword }) => keyword !== 'required'),
      locate,
      'config',
    ),
    ...missing.map(missingProblem),
  ];
}

function missingProblem(name: string): Problem {
  const variable = `GROUNDCREW_${name.toUpperCase().replaceAll('-', '_')}`;
  return problem(
    'ConfigMissingSetting',
    { file: `--${name}`, line: 1, column: 1 },
    `${name} is not set`,
    `Give it as --${name}, as ${variable}, or as ${name}: in the file of --config.`,
  );
}

function isConfig(values: Record<string, unknown>): values is Record<string, unknown> & ControllerConfig {
  return schema<ControllerConfig>('config')(values);
}

/** Variables that look like ours and are none: most likely misspelt. */
function strangers(known: readonly Setting[], env: Readonly<Record<string, string | undefined>>): Problem[] {
  const names = known.map(({ variable }) => variable);
  const legal = new Set([...names, ...otherVariables]);
  return Object.keys(env)
    .filter((name) => name.startsWith('GROUNDCREW_') && !legal.has(name))
    .sort()
    .map((name) => ({
      ...problem(
        'ConfigUnknownSetting',
        { file: `$${name}`, line: 1, column: 1 },
        'no setting has this name; it is ignored',
        didYouMean(name, names),
      ),
      severity: 'warning' as const,
    }));
}

/** Variables of the other commands. */
const otherVariables = [
  'GROUNDCREW_CONFIG',
  'GROUNDCREW_CONTROLLER',
  'GROUNDCREW_TOKEN',
  'GROUNDCREW_TOKEN_FILE',
  'GROUNDCREW_CA_FILE',
  'GROUNDCREW_ENROL_CODE',
  'GROUNDCREW_ENROL_CODE_FILE',
  'GROUNDCREW_LABEL',
  'GROUNDCREW_NAME',
  'GROUNDCREW_KEEP_SCRIPTS',
  'GROUNDCREW_POWER_OFF_COMMAND',
  'GROUNDCREW_REBOOT_COMMAND',
];
