// A Command's manifest → the same under another name, in a file of its own. What was written stays as it was written:
// only the name is replaced, and the way to a script where the copy lies in another folder.
import { existsSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, posix, relative, resolve, sep } from 'node:path';
import { type Document, isMap, isScalar, parseAllDocuments, type Scalar, stringify } from 'yaml';
import type { Catalog } from '../controller/manifest/catalog.ts';
import { limitsOf } from '../controller/manifest/limits.ts';
import { makeParseCache, readCatalog } from '../controller/manifest/read-catalog.ts';
import { folderSnapshot, pathInRoot } from '../controller/source/folder.ts';
import { didYouMean } from '../schemas/nearest.ts';
import { schema } from '../schemas/validator.ts';
import { exitCode } from './exit-code.ts';
import { Failure } from './failure.ts';
import { contextOf, rootOf, usualPath } from './manifest-paths.ts';

interface Wish {
  from: string;
  to: string;
  /** As it was typed; undefined for the usual folder. */
  path?: string | undefined;
  output?: string | undefined;
  cwd: string;
}

/** Returns both files as the user would name them from here. Throws a Failure, and then has written nothing. */
export async function cloneCommand({
  from,
  to,
  path,
  output,
  cwd,
}: Wish): Promise<{ source: string; written: string }> {
  const isName: boolean = schema<string>('definitions', 'name')(to);
  if (!isName)
    throw new Failure(
      `${to} cannot be a name`,
      "Letters, digits, '.', '_' and '-'; the first and the last a letter or a digit; 128 at most.",
      exitCode.usage,
    );
  const typed = path ?? usualPath(cwd);
  const folder = resolve(cwd, typed);
  if (lstatSync(folder, { throwIfNoEntry: false }) === undefined)
    throw new Failure(`${typed} does not exist`, 'Check the path.', exitCode.usage);
  const root = rootOf(folder, cwd);
  const source = sourceOf(await catalogOf(root, pathInRoot(root, folder) ?? ''), from, to);
  const target = targetOf(
    root,
    output === undefined ? join(root, dirname(source), `${to}.yaml`) : resolve(cwd, output),
  );
  const text = renamed(readFileSync(join(root, source), 'utf8'), from, to, (file) =>
    posix.relative(posix.dirname(target), posix.join(posix.dirname(source), file)),
  );
  mkdirSync(dirname(join(root, target)), { recursive: true });
  write(join(root, target), text);
  return { source: relative(cwd, join(root, source)), written: relative(cwd, join(root, target)) };
}

/** Commands beyond a quota are as good as others here. */
function catalogOf(root: string, path: string): Promise<Catalog> {
  const limits = { ...limitsOf({}), commands: Number.POSITIVE_INFINITY };
  const paths = [...new Set([path, ...contextOf(root, path)])];
  return readCatalog(folderSnapshot(root, paths, ''), makeParseCache(limits));
}

/** The file that the Command stands in, if there is exactly one and none of the other name. */
function sourceOf({ commands, invocations, broken }: Catalog, from: string, to: string): string {
  if (commands.has(to) || broken.commands.has(to))
    throw new Failure(`there is a Command ${to} already`, 'Choose another name.');
  const command = commands.get(from);
  const does = invocations.get(from)?.does;
  if (does !== undefined && 'inline' in does && does.isKept)
    throw new Failure(
      `${from} is kept by the Invocation of this name`,
      'Write a Command with its script by hand.',
    );
  if (command !== undefined) return command.place.file;
  if (broken.commands.has(from))
    throw new Failure(`the Command ${from} has problems`, 'See groundcrew validate, and correct them first.');
  throw new Failure(
    `there is no Command ${from}`,
    didYouMean(from, commands.keys()) ?? 'Check the name, and PATH.',
  );
}

function targetOf(root: string, file: string): string {
  if (!/\.ya?ml$/.test(file))
    throw new Failure(
      `${file} would be no manifest`,
      'Choose a name that ends with .yaml or .yml.',
      exitCode.usage,
    );
  // Nothing is made before it is known to be inside: the folders that are there decide.
  let there = dirname(file);
  while (!existsSync(there)) there = dirname(there);
  const inside = pathInRoot(root, join(there, 'x'));
  if (inside === undefined)
    throw new Failure(`${file} is not in the repository ${root}`, 'Choose a file that is.', exitCode.usage);
  return posix.join(posix.dirname(inside), relative(there, file).split(sep).join('/'));
}

/** The text of the Command's document alone. `moved` is the way to a script from where the copy lies. */
function renamed(text: string, from: string, to: string, moved: (file: string) => string): string {
  let start = 0;
  for (const document of parseAllDocuments(text)) {
    if (!('range' in document)) break;
    const end = document.range[2];
    const name = scalarAt(document, ['metadata', 'name']);
    if (scalarAt(document, ['kind'])?.value === 'Command' && name?.value === from) {
      const script = scalarAt(document, ['spec', 'contentFrom', 'file']);
      const way = typeof script?.value === 'string' ? moved(script.value) : undefined;
      const edits = [
        { node: name, value: to },
        ...(script && way !== undefined ? [{ node: script, value: way }] : []),
      ];
      return withoutMarkers(edited(text.slice(start, end), start, edits));
    }
    start = end;
  }
  throw new Error(`the Command ${from} is not in its file`);
}

function scalarAt(document: Document, path: readonly string[]): Scalar | undefined {
  const node = isMap(document.contents) ? document.contents.getIn(path, true) : undefined;
  return isScalar(node) ? node : undefined;
}

/** Values that stay the same stay as they are written. */
function edited(text: string, start: number, edits: readonly { node: Scalar; value: string }[]): string {
  let made = text;
  const backwards = [...edits].sort((a, b) => (b.node.range?.[0] ?? 0) - (a.node.range?.[0] ?? 0));
  for (const { node, value } of backwards) {
    if (node.value === value || !node.range) continue;
    const [from, to] = node.range;
    made = made.slice(0, from - start) + stringify(value).trimEnd() + made.slice(to - start);
  }
  return made;
}

/** Without what sets a document apart from its neighbours. */
function withoutMarkers(text: string): string {
  return text.replace(/^---[ \t]*\r?\n/, '').replace(/^\.\.\.[ \t]*\r?\n?$/m, '');
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: 'wx' });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
      throw new Failure(`${file} exists already`, 'Name another one with --output.');
    throw error;
  }
}
