// Whether git may work in a folder that belongs to somebody else. Its owner's hooks and settings would run as the user
// of this program, so git refuses unless that user has said `git config --global --add safe.directory FOLDER`. The
// user's configuration reaches no git of ours; this one setting of it does, through a file in our own home. It has to
// be a file: git takes settings of its environment away from the upload-pack or receive-pack that it starts.
import { mkdtemp, readFile, rename, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Address } from './address.ts';
import { type GitEnvironment, gitVariables, runGit } from './git.ts';

/** What git's environment needs besides, to be let into the folder; nothing for folders of our own. */
export async function safeFolderVariables(
  address: Address,
  environment: GitEnvironment,
): Promise<Record<string, string>> {
  if (address.is !== 'folder' || environment.userHome === undefined) return {};
  if (!(await isForeign(address.path))) return {};
  const folders = [
    ...(await saidSafe('--system', environment, environment.userHome)),
    ...(await saidSafe('--global', environment, environment.userHome)),
  ];
  return { GIT_CONFIG_GLOBAL: await written(environment.home, configText(folders)) };
}

/** A file of this text, whole from the start: git may read it for another repository at this moment. */
async function written(home: string, text: string): Promise<string> {
  const file = join(home, 'safe-folders');
  if ((await readFile(file, 'utf8').catch(() => undefined)) === text) return file;
  const beside = await mkdtemp(`${file}.new-`);
  await writeFile(join(beside, 'config'), text, { mode: 0o600 });
  await rename(join(beside, 'config'), file);
  await rmdir(beside);
  return file;
}

async function isForeign(folder: string): Promise<boolean> {
  const user = process.geteuid?.();
  const places = await Promise.all(
    [folder, join(folder, '.git')].map((place) => stat(place).catch(() => undefined)),
  );
  return places.some((place) => place !== undefined && place.uid !== user);
}

async function saidSafe(
  scope: '--system' | '--global',
  environment: GitEnvironment,
  home: string,
): Promise<string[]> {
  const { GIT_CONFIG_NOSYSTEM: _, GIT_CONFIG_GLOBAL: __, ...variables } = gitVariables(environment);
  const { exitCode, stdout } = await runGit(
    ['config', scope, '--includes', '-z', '--type=path', '--get-all', 'safe.directory'],
    { variables: { ...variables, HOME: home }, cwd: environment.home },
  );
  return exitCode === 0 ? stdout.toString().split('\0').slice(0, -1) : [];
}

/** In their order: an empty entry takes back those before it. A repository's `.git` is meant with its folder. */
function configText(folders: readonly string[]): string {
  const entries = folders.flatMap((folder) =>
    folder.startsWith('/') && !folder.endsWith('*') ? [folder, join(folder, '.git')] : [folder],
  );
  const quoted = entries.map((entry) => `\tdirectory = "${entry.replaceAll(/["\\]/g, '\\$&')}"\n`);
  return `[safe]\n${quoted.join('')}`;
}
