// Makes many small commits share few syncs.
//
// 1. One write is under way at a time; everything that is committed meanwhile goes into the next one.
// 2. Commits take effect in the order of the calls, each as a whole.
// 3. After a write was rejected, that commit and every later one reject: what is on disk is not known.
import { StoreFailed } from './store-errors.ts';

export interface GroupCommit<Op> {
  /** Resolves when the operations, and those of all commits before, are written. */
  commit(operations: readonly Op[]): Promise<void>;
  /** Resolves when everything that was committed is written. */
  settled(): Promise<void>;
  /** Refuses what is committed from now on; resolves when nothing is under way any more. Never rejects. */
  end(): Promise<void>;
}

interface Group<Op> {
  operations: Op[];
  written: Promise<void>;
}

/** Groups commits into calls of `write`, which resolves when all that it was given is on disk. */
export function groupCommit<Op>(write: (operations: Op[]) => Promise<void>): GroupCommit<Op> {
  let gathering: Group<Op> | undefined;
  let newest: Promise<void> = Promise.resolve();
  let refusal: StoreFailed | undefined;

  function gather(): Group<Op> {
    const operations: Op[] = [];
    // The promise of the group before is always settled a microtask later at the earliest: commits of one
    // stretch of code are together even when nothing is under way.
    const group = { operations, written: newest.then(() => writeGroup(operations)) };
    group.written.catch(() => undefined); // Who committed hears of it; so does everybody after.
    newest = group.written;
    return group;
  }

  async function writeGroup(operations: Op[]): Promise<void> {
    gathering = undefined;
    if (operations.length === 0) return;
    try {
      await write(operations);
    } catch (cause) {
      refusal = new StoreFailed('the store could not be written', { cause });
      throw refusal;
    }
  }

  return {
    commit(operations) {
      if (refusal !== undefined) return Promise.reject(refusal);
      gathering ??= gather();
      for (const operation of operations) gathering.operations.push(operation);
      return gathering.written;
    },
    settled: () => newest,
    async end() {
      refusal ??= new StoreFailed('the store is closed');
      await newest.catch(() => undefined);
    },
  };
}
