// Which repository and which folder a PATH means.
import { existsSync, lstatSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { exitCode } from './exit-code.ts';
import { Failure } from './failure.ts';

const usual = 'manifests';

/** The folder that is meant where no PATH is given. Throws a Failure if it is not there. */
export function usualPath(cwd: string): string {
  if (existsSync(join(cwd, usual))) return usual;
  const root = gitRoot(cwd);
  if (root !== undefined && existsSync(join(root, usual))) return relative(cwd, join(root, usual));
  throw new Failure(
    `there is no folder ${usual} here`,
    'Name the folder that the manifests are in, as PATH.',
    exitCode.usage,
  );
}

/** The repository that the path is in; without one the current folder if the path is in it, else the path's own. */
export function rootOf(path: string, cwd: string): string {
  const folder = lstatSync(path).isDirectory() ? path : dirname(path);
  const root = gitRoot(folder);
  if (root !== undefined) return root;
  return realpathSync(relative(cwd, folder).startsWith('..') ? folder : cwd);
}

/** What the controller would read together with a path: the usual folder if it is in it, else the files beside it. */
export function contextOf(root: string, path: string): string[] {
  if (isWithin(path, usual)) return [usual];
  if (!lstatSync(join(root, path)).isFile()) return [];
  const folder = posix.dirname(path);
  const beside = readdirSync(join(root, folder)).filter((name) => /\.ya?ml$/.test(name));
  return beside.map((name) => (folder === '.' ? name : `${folder}/${name}`));
}

export function isWithin(file: string, path: string): boolean {
  return path === '' || file === path || file.startsWith(`${path}/`);
}

function gitRoot(folder: string): string | undefined {
  for (let each = realpathSync(folder); ; each = dirname(each)) {
    if (existsSync(join(each, '.git'))) return each;
    if (dirname(each) === each) return undefined;
  }
}
