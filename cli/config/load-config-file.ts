import { readFileSync } from 'node:fs';
import { problem } from '../../schemas/problem.ts';
import { type ConfigFile, parseConfigFile } from './config-file.ts';

/** The file that --config or GROUNDCREW_CONFIG names; undefined if neither does. One that cannot be read is a problem. */
export function loadConfigFile(
  flag: unknown,
  env: Readonly<Record<string, string | undefined>>,
): ConfigFile | undefined {
  const path = typeof flag === 'string' ? flag : (env.GROUNDCREW_CONFIG ?? '');
  if (path === '') return undefined;
  try {
    return parseConfigFile(path, readFileSync(path, 'utf8'));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return {
      entries: new Map(),
      problems: [problem('ConfigFileUnreadable', { file: path, line: 1, column: 1 }, message)],
    };
  }
}
