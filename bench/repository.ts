// A bare repository that takes any number of files at once: commits are made with fast-import, on a ref that
// nobody watches, and the branch is moved when the clock runs.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface BenchRepository {
  folder: string;
  /** Where a ref is; '' if there is none. */
  tip(ref: string): string;
  /** Bytes on disk of the objects that `ref` has and `tip` ('': nothing) has not. */
  bytesSince(tip: string, ref: string): number;
  /** A commit with these files on top of the newest one; the branch does not move. Its id. */
  stage(files: Iterable<readonly [path: string, text: string]>): Promise<string>;
  /** Moves the branch. */
  publish(commit: string): void;
  /** Both. */
  commit(files: Iterable<readonly [path: string, text: string]>): Promise<string>;
}

const staged = 'refs/bench/staged';

export function benchRepository(folder: string): BenchRepository {
  const git = (args: string[], input = ''): string =>
    execFileSync('git', ['-C', folder, ...args], { encoding: 'utf8', maxBuffer: 2 ** 30, input }).trim();
  execFileSync('git', ['init', '-q', '--bare', '-b', 'main', folder]);
  let newest: string | undefined;

  async function stage(files: Iterable<readonly [string, string]>): Promise<string> {
    await fastImport(folder, staged, newest, files);
    newest = git(['rev-parse', staged]);
    return newest;
  }
  const publish = (commit: string): void => void git(['update-ref', 'refs/heads/main', commit]);
  return {
    folder,
    tip: (ref) => git(['for-each-ref', '--format=%(objectname)', ref]),
    bytesSince(tip, ref) {
      const list = git([
        'rev-list',
        '--objects',
        '--no-object-names',
        ref,
        ...(tip === '' ? [] : [`^${tip}`]),
      ]);
      const sizes = git(['cat-file', '--batch-check=%(objectsize:disk)'], `${list}\n`);
      return sizes.split('\n').reduce((sum, size) => sum + Number(size), 0);
    },
    stage,
    publish,
    async commit(files) {
      const commit = await stage(files);
      publish(commit);
      return commit;
    },
  };
}

/** One commit on `ref`, by one `git fast-import`. */
export async function fastImport(
  folder: string,
  ref: string,
  from: string | undefined,
  files: Iterable<readonly [path: string, text: string]>,
): Promise<void> {
  const child = spawn('git', ['-C', folder, 'fast-import', '--quiet', '--force', '--done'], {
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  const exit = once(child, 'exit');
  child.stdin.write(`commit ${ref}\ncommitter bench <bench@example.org> 0 +0000\ndata 5\nbench\n`);
  if (from !== undefined) child.stdin.write(`from ${from}\n`);
  for (const [path, text] of files) {
    const entry = `M 100644 inline ${path}\ndata ${Buffer.byteLength(text)}\n${text}\n`;
    if (!child.stdin.write(entry)) await once(child.stdin, 'drain');
  }
  child.stdin.end('done\n');
  const [code] = await exit;
  if (code !== 0) throw new Error(`git fast-import ended with ${code}`);
}
