import { stringify } from 'yaml';
import type { ControllerConfig } from '../../schemas/generated/config.ts';
import type { Origins } from './config.ts';

/** What is in force as a file of settings, with where each value is from. Secrets are left out. */
export function printConfig(config: ControllerConfig, origins: Origins): string {
  const values = new Map<string, unknown>(Object.entries(config));
  const lines = [...origins].map(([name, origin]) => {
    const value = values.get(name);
    return value === undefined
      ? { text: `# ${name}:`, origin }
      : { text: `${name}: ${stringify(withoutSecret(value)).trim()}`, origin };
  });
  const width = Math.max(...lines.map(({ text }) => text.length));
  return lines.map(({ text, origin }) => `${text.padEnd(width)}  # ${origin}\n`).join('');
}

/** A URL must not hold a password or a token; if one does, it is not repeated here. */
function withoutSecret(value: unknown): unknown {
  return typeof value === 'string' ? value.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, '$1***@') : value;
}
