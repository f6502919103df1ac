// What a report is about, as far as memory does not hold it.
import type { End, Message } from '../../schemas/generated/wire.ts';
import type { Execution } from '../run/execution.ts';
import type { Ledger } from '../store/ledger.ts';
import type { Outputs } from './outputs.ts';

/** What the store has of the executions that are not live: where it knows of none, whether there is a claim. */
export type Past = ReadonlyMap<string, Execution | 'claimed' | undefined>;

const noPast: Past = new Map();

/**
 * Reads what the messages need and memory does not hold, and borrows the outputs that they may change. Most
 * reports wait for nothing here.
 */
export async function readPast(
  ledger: Ledger,
  outputs: Outputs,
  messages: readonly Message[],
  borrowed: string[],
): Promise<Past> {
  const reads: Promise<void>[] = [];
  let past: Map<string, Execution | 'claimed' | undefined> | undefined;
  const look = (execution: string) => {
    if (ledger.live(execution) !== undefined || past?.has(execution)) return;
    past ??= new Map();
    const found = past.set(execution, undefined);
    reads.push(readKnown(ledger, execution).then((known) => void found.set(execution, known)));
  };
  const borrow = (execution: string) => {
    borrowed.push(execution);
    const read = outputs.borrow(execution, ledger.live(execution) !== undefined);
    if (read !== undefined) reads.push(read);
  };
  for (const message of messages) {
    for (const { execution, end } of message.is === 'journal' ? message.entries : [entryOf(message)]) {
      look(execution);
      if (message.is === 'output' || (end !== undefined && end.outputBytes > 0)) borrow(execution);
    }
  }
  if (reads.length > 0) await Promise.all(reads);
  return past ?? noPast;
}

async function readKnown({ store }: Ledger, execution: string): Promise<Execution | 'claimed' | undefined> {
  const row = await store.get('execution', execution);
  if (row !== undefined) return row;
  return (await store.get('claim', execution)) === undefined ? undefined : 'claimed';
}

/** Of how many executions the messages would be the first claim. */
export function newClaims(messages: readonly Message[], past: Past): number {
  if (past.size === 0) return 0;
  const named = new Set<string>();
  for (const message of messages) {
    if (message.is === 'output') continue;
    for (const { execution } of message.is === 'journal' ? message.entries : [message])
      if (past.has(execution) && past.get(execution) === undefined) named.add(execution);
  }
  return named.size;
}

function entryOf(message: Exclude<Message, { is: 'journal' }>): { execution: string; end?: End } {
  return message;
}
