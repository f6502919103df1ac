import { describe, expect, it } from 'vitest';
import { groupCommit } from './group-commit.ts';
import { StoreFailed } from './store-errors.ts';

describe('commits that share writes', () => {
  it('gather while a write is under way, and go into the next one together', async () => {
    const disk = slowDisk();
    const commits = groupCommit(disk.write);
    const first = commits.commit(['a', 'b']);
    await disk.begun(1);
    const rest = [commits.commit(['c']), commits.commit(['d', 'e'])];
    expect(disk.writes).toEqual([['a', 'b']]);
    disk.finish();
    await first;
    await disk.begun(2);
    disk.finish();
    await Promise.all(rest);
    expect(disk.writes).toEqual([
      ['a', 'b'],
      ['c', 'd', 'e'],
    ]);
  });

  it('resolve no earlier than their own write', async () => {
    const disk = slowDisk();
    const commits = groupCommit(disk.write);
    const heard: string[] = [];
    const first = commits.commit(['a']).then(() => heard.push('a'));
    await disk.begun(1);
    const second = commits.commit(['b']).then(() => heard.push('b'));
    disk.finish();
    await first;
    await disk.begun(2);
    expect(heard).toEqual(['a']);
    disk.finish();
    await second;
    expect(heard).toEqual(['a', 'b']);
  });

  it('are all refused, for good, after a write was rejected', async () => {
    const disk = slowDisk();
    const commits = groupCommit(disk.write);
    const before = commits.commit(['a']);
    await disk.begun(1);
    const gathered = commits.commit(['b']);
    disk.fail(new Error('no space left on device'));
    for (const commit of [before, gathered, commits.commit(['c']), commits.settled()]) {
      await expect(commit).rejects.toBeInstanceOf(StoreFailed);
      await expect(commit).rejects.toMatchObject({ cause: { message: 'no space left on device' } });
    }
    await commits.end();
    expect(disk.writes).toEqual([['a']]);
  });

  it('are written to the last one before the end, and refused after it', async () => {
    const disk = slowDisk();
    const commits = groupCommit(disk.write);
    const first = commits.commit(['a']);
    await disk.begun(1);
    const last = commits.commit(['b']);
    const end = commits.end();
    await expect(commits.commit(['c'])).rejects.toThrow('the store is closed');
    disk.finish();
    await disk.begun(2);
    disk.finish();
    await Promise.all([first, last, end]);
    expect(disk.writes).toEqual([['a'], ['b']]);
  });
});

/** Keeps each write waiting until the test lets it finish or fail. */
function slowDisk() {
  const writes: string[][] = [];
  let current: { resolve: () => void; reject: (fault: Error) => void } | undefined;
  return {
    writes,
    write(operations: string[]): Promise<void> {
      writes.push(operations);
      return new Promise((resolve, reject) => {
        current = { resolve, reject };
      });
    },
    finish: () => current?.resolve(),
    fail: (fault: Error) => current?.reject(fault),
    async begun(count: number): Promise<void> {
      while (writes.length < count) await new Promise(setImmediate);
    },
  };
}
