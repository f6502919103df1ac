// A branch of a real HTTP(S) Git server.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { selfSigned } from '../../test/support/certificate.ts';
import {
  cloneOf,
  type ScratchRepository,
  scratchEnvironment,
  scratchFolder,
} from '../../test/support/git.ts';
import { type GitHttpOptions, type GitHttpServer, startGitHttp } from '../../test/support/git-http.ts';
import { eventually, testSource, textOf } from '../../test/support/sources.ts';
import type { OpenSourceSettings } from './open-source.ts';

const token = 'tok-3d5f/+A=%41';
const cleanUp: (() => void | Promise<void>)[] = [];
let root: string;

beforeEach(() => {
  root = scratchFolder('served');
  cleanUp.push(() => rmSync(root, { recursive: true, force: true }));
});
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

async function serve(options: Partial<GitHttpOptions> = {}): Promise<GitHttpServer> {
  const server = await startGitHttp({ root, ...options });
  cleanUp.push(() => server.close());
  return server;
}

/** A repository on the server and a clone that pushes to it behind the server's back. */
function fleet(server: GitHttpServer): {
  bare: ScratchRepository;
  push: (files: Record<string, string | undefined>) => string;
  clone: ScratchRepository;
} {
  const bare = server.repository('fleet');
  const clone = cloneOf(bare.folder);
  cleanUp.push(clone.remove);
  const push = (files: Record<string, string | undefined>): string => {
    const commit = clone.commit(files);
    clone.git('push', '-q', 'origin', 'main');
    return commit;
  };
  return { bare, clone, push };
}

function open(repo: string, settings: Partial<OpenSourceSettings> = {}) {
  const dataDir = scratchFolder('data');
  cleanUp.push(() => rmSync(dataDir, { recursive: true, force: true }));
  const opened = testSource(repo, { dataDir, ...settings });
  cleanUp.push(() => opened.source.close());
  return opened;
}

function tokenFile(content: string): string {
  const file = join(root, 'token');
  writeFileSync(file, content);
  return file;
}

describe('a remote branch', () => {
  it('is fetched when it moved, and only then', async () => {
    const server = await serve();
    const { push } = fleet(server);
    const one = push({ 'manifests/a.yaml': '1' });
    const { source } = open(server.url('fleet'));
    expect(await source.look()).toEqual({ is: 'at', commit: one });
    const first = await source.snapshot(one);
    expect(server.requests.filter((line) => line.startsWith('POST')).length).toBe(3);
    server.requests.length = 0;
    expect(await source.look()).toEqual({ is: 'at', commit: one });
    expect(server.requests).toEqual([
      'GET /fleet.git/info/refs?service=git-upload-pack',
      'POST /fleet.git/git-upload-pack',
    ]);
    const two = push({ 'manifests/a.yaml': '2' });
    expect(await source.look()).toEqual({ is: 'at', commit: two });
    const second = await source.snapshot(two, first);
    expect(second.changesFrom).toEqual({ commit: one, paths: ['manifests/a.yaml'] });
    expect(await source.isAncestor(one, two)).toBe(true);
  });

  it('is known after a restart without fetching it again, and pinned commits stay', async () => {
    const server = await serve();
    const { push } = fleet(server);
    const one = push({ a: '1' });
    const before = open(server.url('fleet'));
    await before.source.look();
    await before.source.pin(one);
    await before.source.close();
    const git = join(before.dataDir, 'source.git');
    expect(readFileSync(join(git, 'refs/groundcrew/accepted'), 'utf8').trim()).toBe(one);
    // What a killed fetch leaves behind.
    writeFileSync(join(git, 'refs/groundcrew/source.lock'), '');
    writeFileSync(join(git, 'packed-refs.lock'), '');
    writeFileSync(join(git, 'objects/pack/tmp_pack_x'), 'half');
    server.requests.length = 0;
    const after = open(server.url('fleet'), { dataDir: before.dataDir });
    expect(await after.source.has(one)).toBe(true);
    expect(await after.source.look()).toEqual({ is: 'at', commit: one });
    expect(server.requests).toHaveLength(2);
    const two = push({ a: '2' });
    expect(await after.source.look()).toEqual({ is: 'at', commit: two });
    expect(readdirSync(join(git, 'objects/pack')).filter((name) => name.startsWith('tmp_'))).toEqual([]);
  });

  it('that was rewound is seen, as something that does not follow', async () => {
    const server = await serve();
    const { push, clone } = fleet(server);
    const one = push({ a: '1' });
    const two = push({ a: '2' });
    const { source } = open(server.url('fleet'));
    await source.look();
    await source.pin(two);
    clone.git('reset', '-q', '--hard', one);
    const three = clone.commit({ a: '3' });
    clone.git('push', '-q', '--force', 'origin', 'main');
    expect(await source.look()).toEqual({ is: 'at', commit: three });
    expect(await source.isAncestor(two, three)).toBe(false);
    expect(await source.isAncestor(one, three)).toBe(true);
    expect(await source.has(two)).toBe(true);
  });

  it('that is not there is missing, whether it never was, was deleted, or everything was', async () => {
    const server = await serve();
    const { bare, push } = fleet(server);
    const { source, logged } = open(server.url('fleet'));
    expect(await source.look()).toMatchObject({
      is: 'missing',
      hint: expect.stringContaining('first commit'),
    });
    const one = push({ a: '1' });
    expect(await source.look()).toEqual({ is: 'at', commit: one });
    bare.git('branch', '-m', 'main', 'trunk');
    expect(await source.look()).toMatchObject({
      is: 'missing',
      hint: expect.stringContaining('--branch trunk'),
    });
    bare.git('branch', '-D', 'trunk');
    expect(await source.look()).toMatchObject({ is: 'missing' });
    expect(await source.has(one)).toBe(true);
    expect(logged.filter(({ message }) => message === 'source not reached')).toEqual([]);
  });

  it('of a tag’s name is not taken for the tag', async () => {
    const server = await serve();
    const { push, clone } = fleet(server);
    const one = push({ a: '1' });
    clone.git('push', '-q', 'origin', 'main:refs/tags/live');
    expect((await open(server.url('fleet'), { branch: 'live' }).source.look()).is).toBe('missing');
    clone.git('push', '-q', 'origin', 'main~0:refs/heads/live');
    push({ a: '2' });
    clone.git('push', '-q', '--force', 'origin', 'main:refs/tags/live');
    expect(await open(server.url('fleet'), { branch: 'live' }).source.look()).toEqual({
      is: 'at',
      commit: one,
    });
  });

  it('can be fetched hundreds of times without leaving thousands of files', async () => {
    const server = await serve();
    const { push } = fleet(server);
    push({ a: '1' });
    const { source, dataDir } = open(server.url('fleet'));
    let previous = await source.snapshot(await commitOf(source.look()));
    const git = join(dataDir, 'source.git');
    for (let n = 0; n < 60; n++) {
      const inMirror = {
        cwd: git,
        env: { ...scratchEnvironment(), GIT_DIR: git },
        encoding: 'utf8',
      } as const;
      const blob = execFileSync('git', ['hash-object', '-w', '--stdin'], {
        ...inMirror,
        input: `fetched ${n}`,
      });
      execFileSync('git', ['pack-objects', '-q', 'objects/pack/pack'], { ...inMirror, input: blob });
    }
    expect(packs(git)).toBeGreaterThan(50);
    const again = open(server.url('fleet'), { dataDir });
    const commit = push({ a: 'last' });
    expect(await commitOf(again.source.look())).toBe(commit);
    expect(packs(git)).toBeLessThan(20);
    expect(await commitOf(source.look())).toBe(commit);
    previous = await source.snapshot(commit, previous);
    expect(await textOf(previous, 'a')).toBe('last');
  });
});

describe('credentials', () => {
  it('let in over https with a certificate that is given, and never show', async () => {
    const tls = selfSigned();
    const server = await serve({ token, tls });
    const caFile = join(root, 'ca.pem');
    writeFileSync(caFile, tls.cert);
    const { push } = fleet(server);
    const one = push({ a: '1' });
    server.behaviour.delayMs = 150;
    const { source, logged, dataDir } = open(server.url('fleet'), {
      credentials: { tokenFile: tokenFile(`${token}\n`), caFile },
    });
    const seen = new Set<string>();
    const timer = setInterval(() => {
      for (const line of commandLines()) seen.add(line);
    }, 5);
    const sighting = await source.look();
    clearInterval(timer);
    expect(sighting).toEqual({ is: 'at', commit: one });
    expect([...seen].some((line) => line.includes('git-remote-https') || line.includes('remote-https'))).toBe(
      true,
    );
    const shown = [...seen, JSON.stringify(logged), ...filesIn(dataDir)].join('\n');
    for (const secret of secrets()) expect(shown).not.toContain(secret);
  });

  it('that are wrong are told as such, without being told', async () => {
    const server = await serve({ token });
    fleet(server).push({ a: '1' });
    const file = tokenFile('wrong-but-secret');
    const { source, logged } = open(server.url('fleet'), { credentials: { tokenFile: file } });
    const sighting = await source.look();
    expect(sighting).toMatchObject({
      is: 'unreachable',
      message: expect.stringContaining('credentials'),
      hint: expect.stringContaining('--read-token-file'),
    });
    expect(JSON.stringify([sighting, logged])).not.toContain('wrong-but-secret');
    expect(logged.at(-1)).toMatchObject({ reason: 'refused' });
  });

  it('are read anew each time, so a changed token file heals a refusal', async () => {
    const server = await serve({ token });
    const one = fleet(server).push({ a: '1' });
    const { source } = open(server.url('fleet'), { credentials: { tokenFile: tokenFile('old') } });
    expect((await source.look()).is).toBe('unreachable');
    tokenFile(`ada:${token}`);
    expect(await source.look()).toEqual({ is: 'at', commit: one });
    rmSync(join(root, 'token'));
    expect(await source.look()).toMatchObject({
      is: 'unreachable',
      message: expect.stringContaining('cannot be read'),
    });
    tokenFile('two\nlines');
    expect(await source.look()).toMatchObject({
      is: 'unreachable',
      message: expect.stringContaining('one token'),
    });
  });

  it('are not sent to a server whose certificate is not trusted', async () => {
    const server = await serve({ token, tls: selfSigned() });
    fleet(server);
    const { source } = open(server.url('fleet'), { credentials: { tokenFile: tokenFile(token) } });
    expect(await source.look()).toMatchObject({
      is: 'unreachable',
      hint: expect.stringContaining('--git-ca-file'),
    });
    expect(server.requests).toEqual([]);
  });

  it('do not follow a redirect', async () => {
    const server = await serve();
    const one = fleet(server).push({ a: '1' });
    const other = await serve();
    const { createServer } = await import('node:http');
    const redirecting = createServer((request, response) => {
      response.writeHead(302, { location: `http://127.0.0.1:${other.port}${request.url}` }).end();
    });
    await new Promise<void>((resolve) => redirecting.listen(0, '127.0.0.1', resolve));
    cleanUp.push(() => new Promise<void>((resolve) => void redirecting.close(() => resolve())));
    const address = redirecting.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { source } = open(`http://127.0.0.1:${port}/fleet.git`);
    expect((await source.look()).is).toBe('unreachable');
    expect(other.requests).toEqual([]);
    expect(await open(other.url('fleet')).source.look()).toEqual({ is: 'at', commit: one });
  });
});

describe('a server that cannot be used', () => {
  it('is left alone for as long as its Retry-After says', async () => {
    const server = await serve({ token });
    const one = fleet(server).push({ a: '1' });
    server.behaviour.fail = { status: 429, retryAfter: '120' };
    let now = 1_000_000;
    const { source, logged } = open(server.url('fleet'), {
      credentials: { tokenFile: tokenFile(token) },
      now: () => now,
      random: () => 0,
    });
    expect(await source.look()).toMatchObject({
      is: 'unreachable',
      retryInSeconds: 120,
      message: expect.stringContaining('429'),
    });
    server.behaviour = { delayMs: 0 };
    server.requests.length = 0;
    now += 100_000;
    expect(await source.look()).toMatchObject({ is: 'unreachable', retryInSeconds: 20 });
    expect(server.requests).toEqual([]);
    now += 20_000;
    expect(await source.look()).toEqual({ is: 'at', commit: one });
    expect(logged.map(({ message }) => message)).toContain('source reached again');
  });

  it('is asked less and less often, and heals by itself', async () => {
    const server = await serve();
    const { push } = fleet(server);
    push({ a: '1' });
    const { source, logged } = open(server.url('fleet'), { intervalSeconds: 0.2, random: () => 0.5 });
    await source.look();
    const { port } = server;
    await server.close();
    const waits = [];
    for (let n = 0; n < 5; n++) {
      const sighting = await source.look();
      if (sighting.is === 'unreachable') waits.push(sighting.retryInSeconds);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16]);
    const commits: string[] = [];
    let looks = 0;
    const stop = source.watch(() => {
      looks += 1;
      void source.look().then((sighting) => sighting.is === 'at' && commits.push(sighting.commit));
    });
    cleanUp.push(stop);
    const again = await serve({ port });
    const two = push({ a: '2' });
    await eventually(() => commits.includes(two), 10_000);
    await eventually(() => commits.length >= 3, 5000);
    stop();
    const stopped = looks;
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(looks).toBe(stopped);
    expect(again.requests.length).toBeGreaterThan(0);
    expect(logged.filter(({ message }) => message === 'source reached again')).toHaveLength(1);
  });

  it('is never asked twice at once, however many want to know', async () => {
    const server = await serve();
    const one = fleet(server).push({ a: '1' });
    server.behaviour.delayMs = 300;
    const { source } = open(server.url('fleet'));
    const sightings = await Promise.all([source.look(), source.look(), source.look(), source.look()]);
    expect(sightings).toEqual(Array.from({ length: 4 }, () => ({ is: 'at', commit: one })));
    expect(server.busiest).toBe(1);
    // One look with a fetch, and one more for the three that came while it ran.
    expect(server.requests.filter((line) => line.startsWith('GET'))).toHaveLength(3);
  });

  it('does not hold up the end: what is under way is stopped and leaves no process', async () => {
    const server = await serve();
    fleet(server).push({ a: '1' });
    server.behaviour.delayMs = 60_000;
    const { source } = open(server.url('fleet'));
    const looking = source.look();
    await eventually(() => commandLines().some((line) => line.includes(server.url('fleet'))));
    const begun = Date.now();
    await source.close();
    expect((await looking).is).toBe('unreachable');
    expect(Date.now() - begun).toBeLessThan(3000);
    await eventually(() => !commandLines().some((line) => line.includes(server.url('fleet'))), 3000);
  });

  it.each([
    [404, 'not found', 'Check the address'],
    [403, 'refused', 'may use this repository'],
    [503, 'busy', 'asked again later'],
    [500, 'unreachable', 'asked again by itself'],
  ])('and answers %s is %s', async (status, reason, hint) => {
    const server = await serve();
    server.behaviour.fail = { status };
    const { source, logged } = open(server.url('fleet'));
    expect(await source.look()).toMatchObject({ is: 'unreachable', hint: expect.stringContaining(hint) });
    expect(logged.at(-1)).toMatchObject({ reason });
  });
});

async function commitOf(look: Promise<{ is: string; commit?: string }>): Promise<string> {
  const sighting = await look;
  if (sighting.commit === undefined) throw new Error(`not at a commit: ${JSON.stringify(sighting)}`);
  return sighting.commit;
}

function packs(git: string): number {
  return readdirSync(join(git, 'objects/pack')).filter((name) => name.endsWith('.pack')).length;
}

function commandLines(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return '';
      }
    });
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));
}

function secrets(): string[] {
  return [token, encodeURIComponent(token), Buffer.from(`x-access-token:${token}`).toString('base64')];
}
