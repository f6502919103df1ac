/** An ordered key-value database: what level and memory-level have in common, and all that the store needs. */
export interface Rows {
  get(key: string): Promise<string | undefined>;
  /** All of it or nothing; with `sync`, on disk when it resolves. */
  batch(operations: RowChange[], options: { sync: boolean }): Promise<void>;
  /** As of the moment of the call, in the order of the UTF-8 bytes of the keys; `reverse`, the last one first. */
  iterator(range: RowRange): Cursor;
  close(): Promise<void>;
}

export interface Cursor extends AsyncIterable<[key: string, value: string]> {
  /** The next rows, at most so many; none at the end. */
  nextv(size: number): Promise<[key: string, value: string][]>;
  close(): Promise<void>;
}

export type RowChange = { type: 'put'; key: string; value: string } | { type: 'del'; key: string };

export interface RowRange {
  gte?: string;
  gt?: string;
  lt?: string;
  reverse?: true;
  limit?: number;
}
