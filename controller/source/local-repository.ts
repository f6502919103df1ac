// Finds and reads the refs of a repository on this machine, by its files. git is not asked, so nothing that the
// repository's configuration says can take effect, and a look costs one small read.
import { readFile, realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';

export type LocalRepository =
  /** `commonDir` is where refs and objects are: .git, the bare folder, or what a worktree points to. */
  { is: 'found'; commonDir: string } | { is: 'unusable'; message: string; hint: string };

export async function findRepository(folder: string): Promise<LocalRepository> {
  const gitDir = await findGitDir(folder);
  if (gitDir === undefined) {
    return {
      is: 'unusable',
      message: `${folder} is not a Git repository.`,
      hint: 'Give the top folder of a repository (the one with .git in it), or a bare one. Make one with "git init".',
    };
  }
  const pointer = await readText(join(gitDir, 'commondir'));
  const commonDir = await realpath(pointer === undefined ? gitDir : resolve(gitDir, pointer));
  if ((await kindOf(join(commonDir, 'reftable'))) === 'folder') {
    return {
      is: 'unusable',
      message: `${folder} keeps its refs in the reftable format, which is not read yet.`,
      hint: 'Convert it with "git refs migrate --ref-format=files".',
    };
  }
  return { is: 'found', commonDir };
}

/** The commit that a full ref names; undefined if there is no such ref. */
export async function readRef(commonDir: string, ref: string, depth = 0): Promise<string | undefined> {
  // git packs a ref before it deletes the loose file, so in this order it is never missed.
  const loose = await readText(join(commonDir, ref));
  if (loose === undefined) return await readPacked(commonDir, ref);
  const target = /^ref: (refs\/heads\/[A-Za-z0-9._/-]+)$/.exec(loose)?.[1];
  if (target !== undefined && !target.includes('..') && depth < 5)
    return await readRef(commonDir, target, depth + 1);
  return /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(loose) ? loose : undefined;
}

async function findGitDir(folder: string): Promise<string | undefined> {
  const dotGit = join(folder, '.git');
  const kind = await kindOf(dotGit);
  if (kind === 'folder') return dotGit;
  if (kind === 'file') {
    const pointer = /^gitdir: (.+)$/.exec((await readText(dotGit)) ?? '')?.[1];
    if (pointer !== undefined) return resolve(folder, pointer);
  }
  const bare =
    (await kindOf(join(folder, 'objects'))) === 'folder' && (await kindOf(join(folder, 'HEAD'))) === 'file';
  return bare ? folder : undefined;
}

async function readPacked(commonDir: string, ref: string): Promise<string | undefined> {
  const packed = await readText(join(commonDir, 'packed-refs'));
  const line = packed?.split('\n').find((entry) => entry.endsWith(` ${ref}`));
  const id = line?.slice(0, line.indexOf(' '));
  return id !== undefined && /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(id) ? id : undefined;
}

async function kindOf(path: string): Promise<'file' | 'folder' | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  return found.isDirectory() ? 'folder' : 'file';
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return undefined;
    throw error;
  }
}
