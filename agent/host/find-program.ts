import { accessSync, constants, statSync } from 'node:fs';

/** Where a program is: an absolute path itself, a name in the folders of PATH. Undefined if it is not there. */
export function findProgram(name: string, path: string): string | undefined {
  if (name.startsWith('/')) return isProgram(name) ? name : undefined;
  if (name === '' || name.includes('/')) return undefined;
  for (const folder of path.split(':')) {
    const program = `${folder}/${name}`;
    if (folder.startsWith('/') && isProgram(program)) return program;
  }
  return undefined;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
