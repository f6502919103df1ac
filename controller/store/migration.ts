import type { RowChange, Rows } from './rows.ts';

/** One step from a format to the next. */
export interface Migration {
  from: number;
  to: number;
  /** What has to change in the rows as they are. Changes nothing itself. */
  run(rows: Pick<Rows, 'get' | 'iterator'>): Promise<RowChange[]>;
}
