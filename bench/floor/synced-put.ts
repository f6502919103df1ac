import { Level } from 'level';

export interface BareStore {
  /** So many rows of this text as one batch that is on disk when it resolves. */
  put(rows: number, text: string): Promise<void>;
  close(): Promise<void>;
}

/** LevelDB and nothing else. */
export async function bareStore(folder: string): Promise<BareStore> {
  const level = new Level<string, string>(folder);
  await level.open();
  let count = 0;
  return {
    async put(rows, text) {
      const batch = Array.from({ length: rows }, () => {
        count += 1;
        return { type: 'put' as const, key: `row-${count}`, value: text };
      });
      await level.batch(batch, { sync: true });
    },
    close: () => level.close(),
  };
}
