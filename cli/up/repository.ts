// The scratch repository of a try-out: a bare origin and a clone to edit in. The sample is its second commit,
// made when the agents have enrolled, so that the run finds them.
import { cpSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { git } from './git.ts';
import type { Place } from './place.ts';

const readme = `# A fleet to try out

Made by \`groundcrew up\`. Put manifests into manifests/, commit and push: the controller sees it at once.
`;

/** Makes origin and clone, with a first commit that declares nothing, unless they are there. */
export async function ensureRepository(place: Place): Promise<void> {
  if (!existsSync(place.origin)) {
    const fresh = `${place.origin}.new`;
    rmSync(fresh, { recursive: true, force: true });
    mkdirSync(fresh);
    await git(fresh, 'init', '--quiet', '--bare', '--template=', '.');
    await git(fresh, 'symbolic-ref', 'HEAD', 'refs/heads/main');
    renameSync(fresh, place.origin);
  }
  if (!existsSync(place.fleet)) {
    const fresh = `${place.fleet}.new`;
    rmSync(fresh, { recursive: true, force: true });
    await git(place.root, 'clone', '--quiet', '--template=', place.origin, basename(fresh));
    // Relative, so that the whole folder may be moved.
    await git(fresh, 'remote', 'set-url', 'origin', `../${basename(place.origin)}`);
    await git(fresh, 'symbolic-ref', 'HEAD', 'refs/heads/main');
    await git(fresh, 'config', 'user.name', 'You, trying it out');
    await git(fresh, 'config', 'user.email', 'you@groundcrew.invalid');
    await git(fresh, 'config', 'commit.gpgsign', 'false');
    await git(fresh, 'config', 'branch.main.remote', 'origin');
    await git(fresh, 'config', 'branch.main.merge', 'refs/heads/main');
    if ((await commits(place)) > 0) await git(fresh, 'reset', '--quiet', '--hard', 'origin/main');
    renameSync(fresh, place.fleet);
  }
  if ((await commits(place)) > 0) return;
  mkdirSync(join(place.fleet, 'manifests'), { recursive: true });
  writeFileSync(join(place.fleet, 'manifests', '.gitkeep'), '');
  writeFileSync(join(place.fleet, 'README.md'), readme);
  await commitAndPush(place, 'Begin with a fleet that has nothing to do');
}

/** Commits and pushes the manifests of a folder, once in the life of the repository. */
export async function ensureSample(place: Place, manifests: string): Promise<void> {
  if ((await commits(place)) !== 1) return;
  cpSync(manifests, join(place.fleet, 'manifests'), { recursive: true, verbatimSymlinks: true });
  await commitAndPush(place, 'Add the sample');
}

/** The commit that main is at. */
export function head(place: Place): Promise<string> {
  return git(place.origin, 'rev-parse', 'refs/heads/main');
}

/** Whether the controller has written its branch yet. */
export async function hasStatus(place: Place): Promise<boolean> {
  return (await git(place.origin, 'for-each-ref', 'refs/heads/groundcrew-status')) !== '';
}

async function commits(place: Place): Promise<number> {
  if ((await git(place.origin, 'for-each-ref', 'refs/heads/main')) === '') return 0;
  return Number(await git(place.origin, 'rev-list', '--count', 'refs/heads/main'));
}

/** A start that was broken off may have committed and not pushed. */
async function commitAndPush(place: Place, message: string): Promise<void> {
  await git(place.fleet, 'add', '--all', '.');
  if ((await git(place.fleet, 'status', '--porcelain')) !== '')
    await git(place.fleet, 'commit', '--quiet', '--no-verify', '--message', message);
  await git(place.fleet, 'push', '--quiet', 'origin', 'HEAD:refs/heads/main');
}
