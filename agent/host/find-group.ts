// Looks up a group. Loaded only when a file is to be one's.
import { readFileSync } from 'node:fs';
import { findProgram } from './find-program.ts';
import { runProgram } from './run-program.ts';

/** The number of the group with this name, undefined if there is none; found in the way of find-account.ts. */
export async function findGroup(
  name: string,
  path: string,
  file = '/etc/group',
): Promise<number | undefined> {
  if (!/^[^-:\s\0][^:\s\0]*$/.test(name)) return undefined;
  const getent = findProgram('getent', path);
  const lines =
    getent === undefined
      ? readFileSync(file, 'utf8')
      : (await runProgram(getent, ['group', name], path)).stdout;
  // `name:password:gid:members`. getent answers a number too, so the name is compared.
  const found = lines
    .split('\n')
    .map((line) => line.split(':'))
    .find(([group]) => group === name);
  return found?.[2] !== undefined && /^\d{1,10}$/.test(found[2]) ? Number(found[2]) : undefined;
}
