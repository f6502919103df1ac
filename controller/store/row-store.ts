// The store on an ordered key-value database. Values are JSON.
//
// A read sees every commit that was called before it, and only what is on disk: it waits for what is under way.
import { bringToPresentFormat } from './format.ts';
import { groupCommit } from './group-commit.ts';
import { bounds, keyInTable, rowKey } from './keys.ts';
import type { Migration } from './migration.ts';
import type { Change, Range, Store, Table, Tables } from './port.ts';
import type { RowChange, Rows } from './rows.ts';

export interface RowStoreOptions {
  /** Draws the id of a store that is made new. */
  newEpoch: () => string;
  /** Only for tests: other steps than those of format.ts. */
  migrations?: readonly Migration[];
}

/** Most lists are short: read as one piece they cost one turn. */
const rowsAtOnce = 256;

/** Opens the store that these rows hold; makes it if there are none. Throws StoreRefused. */
export async function rowStore(rows: Rows, options: RowStoreOptions): Promise<Store> {
  const epoch = await bringToPresentFormat(rows, options.newEpoch, options.migrations);
  const commits = groupCommit<RowChange>((changes) => rows.batch(changes, { sync: true }));

  async function get<T extends Table>(table: T, key: string): Promise<Tables[T] | undefined> {
    await commits.settled();
    const text = await rows.get(rowKey(table, key));
    return text === undefined ? undefined : JSON.parse(text);
  }

  async function* list<T extends Table>(
    table: T,
    range: Range,
    settled: Promise<void>,
  ): AsyncGenerator<[string, Tables[T]]> {
    await settled;
    const { limit } = range;
    const within = { ...bounds(table, range), ...(limit === undefined ? {} : { limit }) };
    const cursor = rows.iterator(within);
    try {
      for (;;) {
        const found = await cursor.nextv(rowsAtOnce);
        if (found.length === 0) return;
        for (const [key, text] of found) yield [keyInTable(table, key), JSON.parse(text)];
      }
    } finally {
      await cursor.close();
    }
  }

  return {
    epoch,
    get,
    list: (table, range = {}) => list(table, range, commits.settled()),
    commit: (changes) => commits.commit(changes.map(rowChange)),
    async close() {
      await commits.end();
      await rows.close();
    },
  };
}

function rowChange(change: Change): RowChange {
  return 'put' in change
    ? { type: 'put', key: rowKey(change.put, change.key), value: JSON.stringify(change.value) }
    : { type: 'del', key: rowKey(change.delete, change.key) };
}
