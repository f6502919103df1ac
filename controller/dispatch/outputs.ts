// The outputs that are being written, at hand: a row is rewritten with each piece and need not be read again.
//
// 1. Who changes an output borrows it first and gives it back when the change is on disk. Only what nobody has
//    borrowed leaves the memory: it is read from the store the next time.
// 2. Of each live execution it is known whether the store has a row: the first bytes wait for no read.

import { isUnsent } from '../run/execution.ts';
import type { Ledger } from '../store/ledger.ts';
import type { Change } from '../store/port.ts';
import { addOutput, endOutput, fromRow, type Kept, noOutput, toRow } from './output.ts';

/** So many bytes are kept at hand while nobody changes them. */
const bytesAtHand = 32 * 1024 * 1024;

export interface Outputs {
  /** A promise only where it has to be read; `live` is whether its execution has not ended. */
  borrow(execution: string, live: boolean): Promise<void> | undefined;
  giveBack(executions: readonly string[]): void;
  has(execution: string): boolean;
  add(execution: string, offset: number, data: Buffer): void;
  /** Says how many bytes there were in all. */
  end(execution: string, bytes: number): void;
  /** The rows that changed since the last call. */
  takeChanges(): Change[];
}

interface AtHand {
  kept: Kept;
  borrowers: number;
}

/** `most` bytes are kept of each. */
export async function openOutputs(ledger: Ledger, most: number): Promise<Outputs> {
  const atHand = new Map<string, AtHand>();
  const changed = new Set<string>();
  /** Live executions with a row that is not at hand. */
  const stored = await liveWithOutput(ledger);
  let bytes = 0;

  const keep = (execution: string, kept: Kept) => {
    stored.delete(execution);
    // Another report may have read it meanwhile, and added to it.
    const known = atHand.get(execution);
    const entry = known ?? { kept, borrowers: 0 };
    if (known === undefined) bytes += sizeOf(kept);
    entry.borrowers += 1;
    atHand.set(execution, entry);
  };

  const read = async (execution: string) => {
    const row = await ledger.store.get('output', execution);
    keep(execution, row === undefined ? noOutput() : fromRow(row));
  };

  const change = (execution: string, next: (kept: Kept) => Kept) => {
    const entry = atHand.get(execution);
    if (entry === undefined) throw new Error(`the output of ${execution} was not borrowed`);
    const kept = next(entry.kept);
    if (kept === entry.kept) return;
    bytes += sizeOf(kept) - sizeOf(entry.kept);
    entry.kept = kept;
    changed.add(execution);
  };

  const drop = (execution: string, { kept, borrowers }: AtHand) => {
    if (borrowers > 0) return;
    atHand.delete(execution);
    bytes -= sizeOf(kept);
    if (ledger.live(execution) !== undefined && kept.bytes > 0) stored.add(execution);
  };

  return {
    borrow(execution, live) {
      const entry = atHand.get(execution);
      if (entry === undefined && (!live || stored.has(execution))) return read(execution);
      keep(execution, entry?.kept ?? noOutput());
      return undefined;
    },
    giveBack(executions) {
      for (const execution of executions) {
        const entry = atHand.get(execution);
        if (entry === undefined) continue;
        entry.borrowers -= 1;
        if (ledger.live(execution) === undefined) drop(execution, entry);
      }
      if (bytes <= bytesAtHand) return;
      for (const [execution, entry] of atHand) {
        if (bytes <= bytesAtHand) break;
        drop(execution, entry);
      }
    },
    has: (execution) => atHand.has(execution),
    add: (execution, offset, data) => change(execution, (kept) => addOutput(kept, offset, data, most)),
    end: (execution, total) => change(execution, (kept) => endOutput(kept, total)),
    takeChanges() {
      const changes: Change[] = [];
      for (const execution of changed) {
        const entry = atHand.get(execution);
        if (entry !== undefined) changes.push({ put: 'output', key: execution, value: toRow(entry.kept) });
      }
      changed.clear();
      return changes;
    },
  };
}

function sizeOf({ head, tail }: Kept): number {
  return head.length + tail.length;
}

async function liveWithOutput(ledger: Ledger): Promise<Set<string>> {
  const found = new Set<string>();
  for (const instance of ledger.instances.keys()) {
    for (const { id, state } of ledger.liveOn(instance).values()) {
      if (!isUnsent(state) && (await ledger.store.get('output', id)) !== undefined) found.add(id);
    }
  }
  return found;
}
