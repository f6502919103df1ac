// What the machine knows by name: users and groups.
import { readFileSync } from 'node:fs';
import { findProgram } from './find-program.ts';
import { runProgram } from './run-program.ts';

/**
 * The entries that may be the one of this name, each as its fields; none if there can be no such name. `getent` knows
 * everybody that the machine knows, those of a directory service too; where it is missing, the file is read, whole. It
 * takes a number for an id: compare the name.
 */
export async function entriesFor(
  database: 'passwd' | 'group',
  name: string,
  path: string,
  file: string,
): Promise<string[][]> {
  // Nobody has such a name, and a program could read it as an option.
  if (!/^[^-:\s\0][^:\s\0]*$/.test(name)) return [];
  const getent = findProgram('getent', path);
  const text =
    getent === undefined ? textOf(file) : (await runProgram(getent, [database, name], path)).stdout;
  const entries = text.split('\n').map((line) => line.split(':'));
  return getent === undefined ? entries.filter(([known]) => known === name) : entries;
}

export function isId(text: string | undefined): text is string {
  return text !== undefined && /^\d{1,10}$/.test(text);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
