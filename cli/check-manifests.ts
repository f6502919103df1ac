// PATHs as they are typed → every problem of what lies there. Other manifests are read too where a checked one may
// refer to them, but only the checked ones are reported.
import { lstatSync, realpathSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { expiredSchedules } from '../controller/manifest/expired-schedules.ts';
import type { Limits } from '../controller/manifest/limits.ts';
import { makeParseCache, readCatalog } from '../controller/manifest/read-catalog.ts';
import { folderSnapshot, pathInRoot } from '../controller/source/folder.ts';
import type { Snapshot } from '../controller/source/snapshot.ts';
import { compareProblems, type Problem, problem } from '../schemas/problem.ts';
import { exitCode } from './exit-code.ts';
import { Failure } from './failure.ts';
import { contextOf, isWithin, rootOf, usualPath } from './manifest-paths.ts';
import type { Report } from './report/report.ts';

const maxShownBytes = 1024 * 1024;

interface Circumstances {
  /** The current folder. */
  cwd: string;
  limits: Limits;
  /** Milliseconds. */
  now: number;
}

/** Throws a Failure for a PATH that does not exist or is no manifest. */
export async function checkManifests(
  typed: readonly string[],
  { cwd, limits, now }: Circumstances,
): Promise<Report> {
  const given = typed.length > 0 ? typed : [usualPath(cwd)];
  for (const path of given) refuseUnusable(resolve(cwd, path), path);
  const root = rootOf(resolve(cwd, given[0] ?? '.'), cwd);
  const inside: string[] = [];
  const outside: Problem[] = [];
  for (const path of given) {
    const found = pathInRoot(root, resolve(cwd, path));
    if (found === undefined) outside.push(outsideOf(root, path));
    else inside.push(found);
  }
  const shown = displayed(root, cwd, given.some(isAbsolute));
  const read = [...new Set(inside.flatMap((path) => [path, ...contextOf(root, path)]))];
  // A folder by itself is read as the controller reads its own.
  const [only = '', ...more] = read;
  const isFolder = more.length === 0 && lstatSync(join(root, only)).isDirectory();
  const snapshot = folderSnapshot(root, read, isFolder ? only : '');
  const catalog = await readCatalog(snapshot, makeParseCache(limits));
  const isChecked = (file: string) => inside.some((path) => isWithin(file, path));
  const files = [...snapshot.files.keys()].filter((file) => isChecked(file) && catalog.paths.has(file));
  const found = [...catalog.problems, ...expiredSchedules(catalog.invocations.values(), now)];
  const problems = found
    .sort(compareProblems)
    .filter(({ file }) => isChecked(file) || !catalog.paths.has(file));
  const lines = await linesOf(snapshot, problems, shown);
  return {
    files: files.map(shown),
    problems: [...outside, ...problems.map((each) => ({ ...each, file: shown(each.file) }))],
    sourceLine: (file, line) => lines.get(file)?.[line - 1],
  };
}

/** The lines of the files that have problems. Only what the snapshot holds: a symbolic link is not looked through. */
async function linesOf(
  { files, read }: Snapshot,
  problems: readonly Problem[],
  shown: (file: string) => string,
): Promise<ReadonlyMap<string, string[]>> {
  const lines = new Map<string, string[]>();
  for (const path of new Set(problems.map(({ file }) => file))) {
    const file = files.get(path);
    if (file === undefined || !file.mode.startsWith('100')) continue;
    const bytes = (await read([file.blob], maxShownBytes)).get(file.blob);
    if (bytes instanceof Buffer) lines.set(shown(path), bytes.toString().split(/\r?\n/));
  }
  return lines;
}

function refuseUnusable(path: string, typed: string): void {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw new Failure(`${typed} does not exist`, 'Check the path.', exitCode.usage);
  if (stats.isDirectory() || stats.isSymbolicLink() || (stats.isFile() && /\.ya?ml$/.test(path))) return;
  throw new Failure(
    `${typed} is no manifest`,
    'Manifests are files that end in .yaml or .yml.',
    exitCode.usage,
  );
}

/** Files as the user would name them from here. */
function displayed(root: string, cwd: string, asAbsolute: boolean): (file: string) => string {
  const here = realpathSync(cwd);
  return (file) => {
    const path = relative(here, join(root, file));
    return asAbsolute && path.startsWith('..') ? join(root, file) : path;
  };
}

function outsideOf(root: string, path: string): Problem {
  const what = `${path} is not in the repository ${root}`;
  return problem('FileOutsideRepository', { file: path, line: 1, column: 1 }, what);
}
