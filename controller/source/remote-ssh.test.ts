// A branch behind a real sshd. Where sshd is not installed these tests are skipped, and their title says why.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bareRepository, cloneOf, type ScratchRepository, scratchFolder } from '../../test/support/git.ts';
import { eventually, testSource } from '../../test/support/sources.ts';
import { noSshd, type Sshd, startSshd } from '../../test/support/sshd.ts';
import { askRemote } from './ask-remote.ts';
import { openAccess, type RepositoryCredentials } from './open-source.ts';
import { Refused } from './refused.ts';

describe.skipIf(noSshd !== undefined)(
  `a branch behind ssh${noSshd === undefined ? '' : ` (skipped: ${noSshd})`}`,
  () => {
    const folder = scratchFolder('ssh');
    let sshd: Sshd;
    let bare: ScratchRepository;
    let clone: ScratchRepository;
    const closing: (() => Promise<void>)[] = [];

    beforeAll(async () => {
      sshd = await startSshd(folder);
      bare = bareRepository(join(folder, 'fleet.git'));
      clone = cloneOf(bare.folder);
    });
    afterAll(async () => {
      for (const close of closing) await close();
      await sshd.close();
      clone.remove();
      rmSync(folder, { recursive: true, force: true });
    });

    const open = (credentials: RepositoryCredentials) => {
      const opened = testSource(sshd.url(bare.folder), { credentials, dataDir: scratchFolder('data') });
      closing.push(async () => {
        await opened.source.close();
        rmSync(opened.dataDir, { recursive: true, force: true });
      });
      return opened;
    };

    it('is read with a key and the known host, whose file names have spaces', async () => {
      const commit = clone.commit({ 'manifests/a.yaml': '1' });
      clone.git('push', '-q', 'origin', 'main');
      const { source } = open({ sshKeyFile: sshd.keyFile, sshKnownHosts: sshd.knownHosts });
      expect(await source.look()).toEqual({ is: 'at', commit });
      expect((await source.snapshot(commit)).files.has('manifests/a.yaml')).toBe(true);
    });

    it('is not read from a host that shows another key', async () => {
      const { source, logged } = open({ sshKeyFile: sshd.keyFile, sshKnownHosts: sshd.wrongKnownHosts });
      expect(await source.look()).toMatchObject({
        is: 'unreachable',
        hint: expect.stringContaining('--ssh-known-hosts'),
      });
      expect(logged.at(-1)).toMatchObject({ reason: 'untrusted' });
    });

    it('is not read from a host that is not known', async () => {
      const { source, logged } = open({ sshKeyFile: sshd.keyFile, sshKnownHosts: '/dev/null' });
      expect((await source.look()).is).toBe('unreachable');
      expect(logged.at(-1)).toMatchObject({ reason: 'untrusted' });
    });

    it('is not read with a key that is not let in', async () => {
      const { source, logged } = open({ sshKeyFile: sshd.otherKeyFile, sshKnownHosts: sshd.knownHosts });
      expect(await source.look()).toMatchObject({
        is: 'unreachable',
        hint: expect.stringContaining('--ssh-key-file'),
      });
      expect(logged.at(-1)).toMatchObject({ reason: 'refused' });
    });

    it('is not tried without a key or known hosts', async () => {
      expect(await open({ sshKnownHosts: sshd.knownHosts }).source.look()).toMatchObject({
        hint: expect.stringContaining('--ssh-key-file'),
      });
      expect(await open({ sshKeyFile: sshd.keyFile }).source.look()).toMatchObject({
        hint: expect.stringContaining('ssh-keyscan'),
      });
    });

    it('can be pushed to without force, and not with it', async () => {
      const access = openAccess(
        sshd.url(bare.folder),
        { sshKeyFile: sshd.keyFile, sshKnownHosts: sshd.knownHosts },
        '/',
      );
      const options = {
        access,
        environment: { searchPath: process.env.PATH ?? '', home: '/nonexistent' },
        cwd: clone.folder,
        gitDir: join(clone.folder, '.git'),
        timeout: 20_000,
      };
      const url = sshd.url(bare.folder);
      const good = await askRemote(
        ['push', '--porcelain', '--', url, 'refs/heads/main:refs/heads/status'],
        options,
      );
      expect(good.exitCode).toBe(0);
      expect(good.stdout.toString()).toContain('refs/heads/status');
      clone.git('switch', '-q', '--orphan', 'other');
      clone.commit({ z: '1' });
      const lost = await askRemote(
        ['push', '--porcelain', '--', url, 'refs/heads/other:refs/heads/status'],
        options,
      );
      expect(lost.exitCode).toBe(1);
      expect(lost.stdout.toString()).toMatch(/^!.*(rejected|non-fast-forward)/m);
      for (const forced of [
        ['--force'],
        ['-f'],
        ['--force-with-lease'],
        ['--mirror'],
        ['+refs/heads/other:refs/heads/status'],
      ]) {
        await expect(askRemote(['push', ...forced, url], options)).rejects.toThrow(Refused);
      }
      await eventually(() => bare.git('rev-parse', 'status') === clone.git('rev-parse', 'main'));
    });
  },
);
