import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** One bare git command; its standard output. */
export async function git(folder: string, args: readonly string[], input?: string): Promise<Buffer> {
  const child = spawn('git', ['-C', folder, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.on('error', () => undefined); // It need not read to the end; its exit code says how it went.
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`git ${args[0]} ended with ${code}`);
  return Buffer.concat(chunks);
}

/** What has to be asked to see what a commit changed: where the branch is, which files, their contents. */
export async function readChanges(folder: string, before: string): Promise<string[]> {
  const tip = (await git(folder, ['rev-parse', 'refs/heads/main'])).toString().trim();
  return [...(await changedFiles(folder, before, tip)).values()];
}

/** Files that were added or changed between two commits, by path. */
export async function changedFiles(folder: string, from: string, to: string): Promise<Map<string, string>> {
  const listing = await git(folder, ['diff-tree', '-r', '-z', '--raw', '--no-renames', from, to]);
  const changes = [...listing.toString().matchAll(/:\d+ \d+ [0-9a-f]+ ([0-9a-f]+) [AM]\0([^\0]+)\0/g)];
  const texts = await readBlobs(
    folder,
    changes.map(([, blob = '']) => blob),
  );
  return new Map(changes.map(([, , path = ''], at) => [path, texts[at] ?? '']));
}

/** All files of the branch. */
export async function readEverything(folder: string): Promise<string[]> {
  const listing = await git(folder, ['ls-tree', '-r', '-z', 'refs/heads/main']);
  const blobs = [...listing.toString().matchAll(/blob ([0-9a-f]+)\t/g)].map((match) => match[1] ?? '');
  return readBlobs(folder, blobs);
}

async function readBlobs(folder: string, blobs: readonly string[]): Promise<string[]> {
  const output = await git(folder, ['cat-file', '--batch', '--buffer'], `${blobs.join('\n')}\n`);
  const texts: string[] = [];
  for (let at = 0; at < output.length; ) {
    const lineEnd = output.indexOf(10, at);
    const size = Number(output.toString('latin1', at, lineEnd).split(' ')[2]);
    texts.push(output.toString('utf8', lineEnd + 1, lineEnd + 1 + size));
    at = lineEnd + size + 2;
  }
  return texts;
}
