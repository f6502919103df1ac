import { type Limits, limitsOf } from '../../controller/manifest/limits.ts';
import type { Problem } from '../../schemas/problem.ts';
import { readConfig } from './config.ts';
import { loadConfigFile } from './load-config-file.ts';
import { settings } from './settings.ts';

/** Only a controller needs these: they are not asked for, and what they are does not matter. */
const unasked = new Map([
  ['repo', '.'],
  ['data', '.'],
]);

/** The limits of a controller that has this file of settings and these variables. None if it would not start. */
export function limitsInForce(
  file: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): { limits?: Limits; problems: readonly Problem[] } {
  const loaded = loadConfigFile(file, env);
  const result = readConfig(settings(), { flags: unasked, env, ...(loaded && { file: loaded }) });
  if (result.is === 'invalid') return { problems: result.problems };
  return { limits: limitsOf(result.config), problems: result.warnings };
}
