import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bareRepository, scratchFolder, scratchRepository } from '../../test/support/git.ts';
import { askRemote } from './ask-remote.ts';
import type { GitEnvironment } from './git.ts';
import { readFailure } from './remote-failure.ts';

let folder: string;
let environment: GitEnvironment & { userHome: string };

beforeEach(() => {
  folder = scratchFolder('owners');
  environment = {
    searchPath: process.env.PATH ?? '',
    home: join(folder, 'home'),
    userHome: join(folder, 'user home'),
  };
  mkdirSync(environment.home);
  mkdirSync(environment.userHome);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const list = (path: string) =>
  askRemote(['ls-remote', '--', path], {
    access: { address: { is: 'folder', path } },
    environment,
    cwd: folder,
    timeout: 20_000,
  });

const saySafe = (text: string) => writeFileSync(join(environment.userHome, '.gitconfig'), text);

// To give a folder to somebody else takes root.
describe.skipIf(process.getuid?.() !== 0)('a repository of another user', () => {
  let path: string;
  beforeEach(() => {
    const work = scratchRepository();
    work.commit({ a: '1' });
    path = join(folder, 'wo"rk');
    execFileSync('mv', [work.folder, path]);
    execFileSync('chown', ['-R', '12345', path]);
  });

  it('is refused, with the words that let git use it', async () => {
    const { exitCode, stderr } = await list(path);
    expect(exitCode).not.toBe(0);
    expect(readFailure(stderr, { is: 'folder', path })).toMatchObject({
      is: 'untrusted',
      message: expect.stringContaining('dubious ownership'),
      hint: expect.stringContaining('git config --global --add safe.directory'),
    });
  });

  it('is used once the user has said that it is safe, and nothing else of the user’s settings is', async () => {
    saySafe(
      `[safe]\n\tdirectory = "${path.replace('"', '\\"')}"\n[url "/nowhere"]\n\tinsteadOf = ${folder}\n`,
    );
    const { exitCode, stdout } = await list(path);
    expect(exitCode).toBe(0);
    expect(stdout.toString()).toContain('refs/heads/main');
  });

  it('is used when all folders are safe, and not when that was taken back', async () => {
    saySafe('[safe]\n\tdirectory = *\n');
    expect(await list(path)).toMatchObject({ exitCode: 0 });
    saySafe('[safe]\n\tdirectory = *\n\tdirectory =\n');
    expect(await list(path)).not.toMatchObject({ exitCode: 0 });
  });

  it('is used when it is bare', async () => {
    const bare = bareRepository(join(folder, 'bare.git'));
    execFileSync('chown', ['-R', '12345', bare.folder]);
    expect(await list(bare.folder)).not.toMatchObject({ exitCode: 0 });
    saySafe(`[safe]\n\tdirectory = ${bare.folder}\n`);
    expect(await list(bare.folder)).toMatchObject({ exitCode: 0 });
  });
});
