// Snapshots against a real repository.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ScratchRepository, scratchEnvironment, scratchRepository } from '../../test/support/git.ts';
import { gitVariables } from './git.ts';
import { openObjectReader } from './object-reader.ts';
import { openRepository, type Repository } from './repository.ts';
import { takeSnapshot } from './take-snapshot.ts';

const environment = { searchPath: process.env.PATH ?? '', home: '/nonexistent' };
let scratch: ScratchRepository;
let repository: Repository;

beforeEach(() => {
  scratch = scratchRepository();
  repository = openRepository(join(scratch.folder, '.git'), environment);
});
afterEach(async () => {
  await repository.close();
  scratch.remove();
});

const take = (commit: string, previous?: Awaited<ReturnType<typeof takeSnapshot>>) =>
  takeSnapshot(repository, commit, 'manifests', previous);
const pathsOf = (snapshot: { files: ReadonlyMap<string, unknown> }) => [...snapshot.files.keys()].sort();

describe('a snapshot', () => {
  it('lists every file of the commit with blob and mode, and reads contents by blob', async () => {
    const commit = scratch.commit({
      'manifests/a.yaml': 'a: 1\n',
      'scripts/run.sh': 'echo\n',
      'ö ü/ü.yaml': 'x',
    });
    scratch.git('update-index', '--chmod=+x', 'scripts/run.sh');
    scratch.git(
      'update-index',
      '--add',
      '--cacheinfo',
      `120000,${scratch.git('rev-parse', `${commit}:manifests/a.yaml`)},link`,
    );
    scratch.git('commit', '-qm', 'Modes');
    const snapshot = await take(scratch.git('rev-parse', 'HEAD'));
    expect(pathsOf(snapshot)).toEqual(['link', 'manifests/a.yaml', 'scripts/run.sh', 'ö ü/ü.yaml']);
    expect(snapshot.files.get('scripts/run.sh')?.mode).toBe('100755');
    expect(snapshot.files.get('link')?.mode).toBe('120000');
    const { blob } = snapshot.files.get('manifests/a.yaml') ?? { blob: '' };
    expect((await snapshot.read([blob, blob], 100)).get(blob)).toEqual(Buffer.from('a: 1\n'));
    expect(snapshot.changesFrom).toBeUndefined();
  });

  it('says what changed since the one before, which stays as it was', async () => {
    const one = await take(scratch.commit({ a: '1', b: '1', c: '1', 'd/e': '1' }));
    const before = new Map(one.files);
    const two = await take(
      scratch.commit({ b: '2', c: undefined, f: '1', 'd/e': undefined, d: 'now a file' }),
      one,
    );
    expect(pathsOf(two)).toEqual(['a', 'b', 'd', 'f']);
    expect(two.changesFrom?.commit).toBe(one.commit);
    expect([...(two.changesFrom?.paths ?? [])].sort()).toEqual(['b', 'c', 'd', 'd/e', 'f']);
    expect(new Map(one.files)).toEqual(before);
    expect(new Map((await take(two.commit)).files)).toEqual(new Map(two.files));
  });

  it('can go back, sideways and nowhere', async () => {
    const one = await take(scratch.commit({ a: '1' }));
    const two = await take(scratch.commit({ a: '2', b: '1' }), one);
    const back = await take(one.commit, two);
    expect(new Map(back.files)).toEqual(new Map(one.files));
    scratch.git('switch', '-q', '--orphan', 'other');
    const other = await take(scratch.commit({ z: '1' }), two);
    expect(pathsOf(other)).toEqual(['z']);
    const same = await take(other.commit, other);
    expect(same.changesFrom).toEqual({ commit: other.commit, paths: [] });
    expect(pathsOf(same)).toEqual(['z']);
  });

  it('is right again and again over many commits', async () => {
    let snapshot = await take(
      scratch.commit(Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`f${n}`, 'x']))),
    );
    for (let round = 0; round < 12; round++) {
      snapshot = await take(
        scratch.commit({ [`f${round}`]: round % 3 === 0 ? undefined : `${round}`, [`g${round}`]: '1' }),
        snapshot,
      );
    }
    expect(new Map(snapshot.files)).toEqual(new Map((await take(snapshot.commit)).files));
  });

  it('keeps paths that are not text, or have control characters, apart, and follows them too', async () => {
    const blob = scratch.git('rev-parse', `${scratch.commit({ 'a.yaml': '1' })}:a.yaml`);
    const entry = (path: Buffer) =>
      Buffer.concat([Buffer.from(`100644 blob ${blob}\t`), path, Buffer.from([0])]);
    const commitOf = (paths: Buffer[]) => {
      const tree = execFileSync('git', ['mktree', '-z'], {
        cwd: scratch.folder,
        env: scratchEnvironment(),
        input: Buffer.concat(paths.map(entry)),
        encoding: 'utf8',
      }).trim();
      return scratch.git('commit-tree', '-m', 'Odd', tree);
    };
    const odd = [
      Buffer.from([0x62, 0xff, 0x2e, 0x79]),
      Buffer.from('tab\there.yaml'),
      Buffer.from('line\nend.yaml'),
    ];
    const first = await take(commitOf([...odd, Buffer.from('plain.yaml'), Buffer.from('\ufffd.yaml')]));
    expect(pathsOf(first)).toEqual(['plain.yaml', '\ufffd.yaml'].sort());
    expect(first.unreadable).toEqual(['b\\xff.y', 'line\\x0aend.yaml', 'tab\\x09here.yaml']);
    const both = Buffer.from([0x74, 0x09, 0xfe]);
    const second = await take(commitOf([odd[0]!, both, Buffer.from('plain.yaml')]), first);
    expect(second.unreadable).toEqual(['b\\xff.y', 't\\x09\\xfe']);
    expect(second.changesFrom?.paths).toEqual(['\ufffd.yaml']);
    expect((await take(second.commit)).unreadable).toEqual(second.unreadable);
  });

  it('lists everything anew where the commit before is not there any more', async () => {
    const one = await take(scratch.commit({ a: '1' }));
    const gone = { ...one, commit: '1'.repeat(40) };
    const two = await take(scratch.commit({ b: '1' }), gone);
    expect(pathsOf(two)).toEqual(['a', 'b']);
    expect(two.changesFrom).toBeUndefined();
  });

  it('is refused for a commit that is not there', async () => {
    scratch.commit({ a: '1' });
    await expect(take('1'.repeat(40))).rejects.toThrow('cannot be listed');
    await expect(take('main; touch x')).rejects.toThrow('not an object id');
  });

  it('works in a repository that names its objects by SHA-256', async () => {
    const other = scratchRepository({ format: 'sha256' });
    const opened = openRepository(join(other.folder, '.git'), environment);
    try {
      const one = await takeSnapshot(opened, other.commit({ a: '1', b: '1' }), '');
      const two = await takeSnapshot(opened, other.commit({ a: '2' }), '', one);
      expect(two.commit).toHaveLength(64);
      expect(two.changesFrom?.paths).toEqual(['a']);
      expect(await opened.isAncestor(one.commit, two.commit)).toBe(true);
    } finally {
      await opened.close();
      other.remove();
    }
  });
});

describe('reading blobs', () => {
  it('gives the size in place of what is too large, and the exact bytes of the rest', async () => {
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, n) => (n * 7) % 256));
    const commit = scratch.commit({ empty: '', odd: bytes, line: '\n', long: 'x'.repeat(70_001) });
    const { files, read } = await take(commit);
    const blob = (path: string) => files.get(path)?.blob ?? '';
    const contents = await read(
      [...files.values()].map((file) => file.blob),
      70_000,
    );
    expect(contents.get(blob('empty'))).toEqual(Buffer.alloc(0));
    expect(contents.get(blob('odd'))).toEqual(bytes);
    expect(contents.get(blob('line'))).toEqual(Buffer.from('\n'));
    expect(contents.get(blob('long'))).toEqual({ tooLarge: 70_001 });
    expect(await read([], 1)).toEqual(new Map());
  });

  it('fails for an object that is not there, and goes on afterwards', async () => {
    const { files, read } = await take(scratch.commit({ a: '1' }));
    await expect(read(['2'.repeat(40)], 10)).rejects.toThrow('does not have the object 2222');
    await expect(read(['a\ninfo b'], 10)).rejects.toThrow('not an object id');
    const { blob } = files.get('a') ?? { blob: '' };
    expect((await read([blob], 10)).get(blob)).toEqual(Buffer.from('1'));
  });

  it('reads some thousands of files, from several askers at once', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 4500 }, (_, n) => [`d${n % 50}/f${n}`, `content ${n}\n`]),
    );
    const { files, read } = await take(scratch.commit(many));
    const blobs = [...files.values()].map((file) => file.blob);
    const [all, some] = await Promise.all([read(blobs, 100), read(blobs.slice(0, 10), 100)]);
    for (const [path, { blob }] of files) expect(all.get(blob)).toEqual(Buffer.from(many[path] ?? ''));
    expect(some.size).toBe(10);
  });

  it('starts its process again when that was killed, also in the middle of an answer', async () => {
    const folder = join(scratch.folder, '.git');
    const commit = scratch.commit({ a: 'x'.repeat(3_000_000), b: '1' });
    const reader = openObjectReader(gitVariables(environment, [], { GIT_DIR: folder }));
    try {
      const blob = scratch.git('rev-parse', `${commit}:a`);
      await reader.info([commit]);
      const [first] = catFiles(folder);
      const reading = reader.read([blob], 10_000_000);
      process.kill(first!, 'SIGKILL');
      expect((await reading).get(blob)).toHaveLength(3_000_000);
      expect(catFiles(folder)).not.toContain(first);
    } finally {
      await reader.close();
    }
    expect(catFiles(folder)).toEqual([]);
  });

  it('sees commits that were made after its process was started, packed or not', async () => {
    const one = await take(scratch.commit({ a: '1' }));
    await one.read([one.files.get('a')?.blob ?? ''], 10);
    const two = scratch.commit({ a: '2' });
    scratch.git('repack', '-adq');
    const { files, read } = await take(two, one);
    const { blob } = files.get('a') ?? { blob: '' };
    expect((await read([blob], 10)).get(blob)).toEqual(Buffer.from('2'));
    expect(await repository.isAncestor(one.commit, two)).toBe(true);
  });
});

describe('history', () => {
  it('knows ancestors near and far, and that a rewritten tip does not follow', async () => {
    const one = scratch.commit({ a: '1' });
    scratch.commit({ a: '2' });
    const three = scratch.commit({ a: '3' });
    expect(await repository.isAncestor(one, one)).toBe(true);
    expect(await repository.isAncestor(one, three)).toBe(true);
    expect(await repository.isAncestor(three, one)).toBe(false);
    scratch.git('reset', '-q', '--hard', one);
    const rewritten = scratch.commit({ a: '4' });
    expect(await repository.isAncestor(three, rewritten)).toBe(false);
    expect(await repository.isAncestor('3'.repeat(40), rewritten)).toBe(false);
    expect(await repository.isAncestor(scratch.git('rev-parse', `${one}:a`), rewritten)).toBe(false);
  });
});

/** Ids of the cat-file processes that read this repository. */
function catFiles(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return (
          line.includes('cat-file') &&
          readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`GIT_DIR=${folder}\0`)
        );
      } catch {
        return false;
      }
    })
    .map(Number);
}
