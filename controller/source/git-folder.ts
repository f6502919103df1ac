import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type GitEnvironment, gitVariables, runGit } from './git.ts';

/** Objects are named by one of two hashes; a repository has one of them. */
export type ObjectFormat = 'sha1' | 'sha256';

export function objectFormatOf(objectId: string): ObjectFormat {
  return objectId.length === 64 ? 'sha256' : 'sha1';
}

/**
 * Makes an empty bare repository at `folder` unless one is there. It comes into being whole: it is made beside and
 * then renamed. What a killed git left in an old one is cleared: locks that nobody holds any more (the data folder
 * has one owner) and half-received packs.
 */
export async function prepareGitFolder(
  folder: string,
  format: ObjectFormat,
  environment: GitEnvironment,
): Promise<void> {
  if (await exists(join(folder, 'HEAD'))) {
    await clearLeftovers(folder);
    return;
  }
  await mkdir(dirname(folder), { recursive: true });
  const beside = await mkdtemp(`${folder}.new-`);
  const { exitCode, stderr } = await runGit(
    ['init', '--quiet', '--bare', '--template=', `--object-format=${format}`, beside],
    { variables: gitVariables(environment) },
  );
  if (exitCode !== 0) throw new Error(`the repository ${folder} cannot be made: ${stderr.trim()}`);
  await rm(folder, { recursive: true, force: true });
  await rename(beside, folder);
}

async function clearLeftovers(folder: string): Promise<void> {
  const places = ['', 'refs', 'refs/groundcrew', 'objects/pack', 'objects/info'];
  for (const place of places) {
    for (const name of await readdir(join(folder, place)).catch(() => [])) {
      if (!/\.lock$|^tmp_|^\.tmp-/.test(name)) continue;
      await rm(join(folder, place, name), { recursive: true, force: true });
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}
