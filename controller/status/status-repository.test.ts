import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { scratchFolder } from '../../test/support/git.ts';
import { blobId, commitFiles } from './commit-files.ts';
import { pathOf } from './layout.ts';
import { type StatusRepository, statusRepository } from './status-repository.ts';
import { tidier } from './tidy-repository.ts';

let folder: string;
let repository: StatusRepository;

beforeEach(() => {
  folder = scratchFolder('copy');
  repository = statusRepository({
    folder: join(folder, 'status.git'),
    access: { address: { is: 'folder', path: folder } },
    environment: { searchPath: process.env.PATH ?? '', home: folder },
    branch: 'groundcrew-status',
    signal: new AbortController().signal,
  });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test.each(['sha1', 'sha256'] as const)('a blob has the id here that Git gives it in %s', async (format) => {
  await repository.useFormat(format);
  const content = Buffer.from('größe: 1\n\u0000');
  const id = await repository.local(['hash-object', '--stdin'], content);
  expect(blobId(content, format)).toBe(id.toString().trim());
});

test('a commit has exactly these bytes, and leaves the files that it does not name', async () => {
  const binary = Buffer.from([0, 10, 13, 255, 10, 10]);
  const message = { subject: 'status: one', at: 1_800_000_000 };
  const first = await commitFiles(
    repository,
    undefined,
    new Map([
      ['a', binary],
      ['b', Buffer.from('')],
    ]),
    message,
  );
  const second = await commitFiles(
    repository,
    first,
    new Map([
      ['b', undefined],
      ['c/d', binary],
    ]),
    message,
  );
  expect(await repository.local(['cat-file', 'blob', `${second}:a`])).toEqual(binary);
  expect((await repository.local(['ls-tree', '-r', '--name-only', second])).toString()).toBe('a\nc/d\n');
  expect((await repository.local(['rev-list', '--parents', second])).toString()).toBe(
    `${second} ${first}\n${first}\n`,
  );
});

test('the copy does not fill up with loose objects, however many commits are made', async () => {
  const tidy = tidier(repository);
  let parent: string | undefined;
  for (let round = 0; round < 60; round += 1) {
    const names = Array.from({ length: 40 }, (_, n) => pathOf(`invocations/name-${n}`));
    const files = new Map(names.map((path, n) => [path, Buffer.from(`round: ${round * 1000 + n}\n`)]));
    parent = await commitFiles(repository, parent, files, { subject: `status: ${round}`, at: round });
    tidy.committed();
    await tidy.idle();
  }
  const counted = (await repository.local(['count-objects', '-v'])).toString();
  expect(Number(/^count: (\d+)/m.exec(counted)?.[1])).toBeLessThan(3_000);
  expect(Number(/^in-pack: (\d+)/m.exec(counted)?.[1])).toBeGreaterThan(2_000);
  expect(parent && (await repository.local(['fsck', '--strict'])).toString()).toBe('');
});
