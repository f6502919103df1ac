// How rows are laid out in an ordered key-value database: tag of the table, ':', the row's own key.
// A tag is never reused for another table. Rows come in the order of the UTF-8 bytes of their keys.
import type { Range, Table } from './port.ts';

const tags = {
  command: 'command',
  invocation: 'invocation',
  run: 'run',
  script: 'script',
  occurrence: 'occurrence',
  memberStop: 'memberstop',
  commandEdit: 'edit',
  commandPast: 'past',
  execution: 'execution',
  output: 'output',
  instance: 'instance',
  enrolmentCode: 'code',
  claim: 'claim',
  ack: 'ack',
  token: 'token',
  meta: 'meta',
} as const satisfies Record<Table, string>;

/** Rows that are the store's own, in no table. */
export const ownKeys = { format: 'store:format', epoch: 'store:epoch' } as const;

/** Database key of a row. */
export function rowKey(table: Table, key: string): string {
  return `${tags[table]}:${key}`;
}

/** The key that the row has in its table. */
export function keyInTable(table: Table, rowKey: string): string {
  return rowKey.slice(tags[table].length + 1);
}

/** Bounds of the database keys in this range of the table: from `gte` or after `gt`, before `lt`. */
export function bounds(table: Table, { prefix = '', after, backwards }: Range): Bounds {
  const first = rowKey(table, prefix);
  const lt = firstAfterPrefix(first);
  const last = after === undefined ? undefined : rowKey(table, after);
  if (backwards)
    return { gte: first, lt: last === undefined || isBefore(lt, last) ? lt : last, reverse: true };
  const gt = last;
  return gt === undefined || isBefore(gt, first) ? { gte: first, lt } : { gt, lt };
}

export type Bounds = ({ gte: string; lt: string } | { gt: string; lt: string }) & { reverse?: true };

/** The first text, in UTF-8 order, that is after every text with this prefix: its last code point, counted up. */
function firstAfterPrefix(prefix: string): string {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  while (points.at(-1) === 0x10ffff) points.pop();
  const last = points.pop() ?? 0;
  // Surrogates have no UTF-8.
  return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
}

/** By UTF-8 bytes, which JavaScript's own order is not. */
function isBefore(a: string, b: string): boolean {
  return Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0;
}
