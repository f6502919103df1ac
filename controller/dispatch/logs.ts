// The output of a run as it grows. A change only nudges; what is said is read from the store, from where each
// execution's output was read to before: a slow reader misses what was dropped meanwhile, and is told so.
//
// Of a run that recurs it is the output of its newest occurrence, and for who follows that of the next ones too.
import type { LogChunk } from '../../schemas/generated/wire.ts';
import { executionParts } from '../../schemas/identity.ts';
import { type Execution, isUnsent } from '../run/execution.ts';
import type { Occurrence } from '../run/occurrence.ts';
import { recurs } from '../run/run.ts';
import type { Ledger } from '../store/ledger.ts';
import type { Change } from '../store/port.ts';
import { fromRow, noOutput, piecesAfter } from './output.ts';

export interface LogSelection {
  run: string;
  /** Only this instance's. */
  instance?: string;
  /** Only of this occurrence; `all` for every one that is kept. */
  occurrence?: string;
  /** Go on until everything has ended. */
  follow: boolean;
  /** Ends the following. */
  signal: AbortSignal;
}

/** Chunks of each execution in their order; each execution's last one has its end. */
export async function* readLogs(ledger: Ledger, selection: LogSelection): AsyncGenerator<LogChunk> {
  const { run, instance, follow, signal } = selection;
  const { prefix, isMeant: isMeantOccurrence } = occurrencesMeant(ledger, selection);
  const isMeant = (id: string) =>
    isMeantOccurrence(id) && (instance === undefined || id.endsWith(`.${instance}`));
  const nudged = nudges(ledger, isMeant, signal);
  const readTo = new Map<string, number>();
  try {
    for await (const [id, execution] of ledger.store.list('execution', { prefix })) {
      if (signal.aborted) return;
      if (isMeant(id)) yield* news(ledger, execution, readTo);
    }
    if (!follow) return;
    while (!signal.aborted && (isLive(ledger, run, isMeant) || nudged.pending())) {
      for (const id of await nudged.next()) {
        const execution = await ledger.store.get('execution', id);
        if (execution !== undefined) yield* news(ledger, execution, readTo);
      }
    }
  } finally {
    nudged.close();
  }
}

const over = Number.POSITIVE_INFINITY;

async function* news(
  ledger: Ledger,
  { id, instance, state }: Execution,
  readTo: Map<string, number>,
): AsyncGenerator<LogChunk> {
  const from = readTo.get(id) ?? 0;
  if (from === over || isUnsent(state)) return;
  const row = await ledger.store.get('output', id);
  const { pieces, next } = piecesAfter(
    row === undefined ? noOutput() : fromRow(row),
    from,
    state.is === 'ended',
  );
  const instanceName = ledger.instances.get(instance)?.name ?? instance;
  for (const piece of pieces) yield { execution: id, instance, instanceName, ...piece };
  if (state.is === 'ended') yield { execution: id, instance, instanceName, end: state.end };
  readTo.set(id, state.is === 'ended' ? over : next);
}

function isLive(ledger: Ledger, run: string, isMeant: (id: string) => boolean): boolean {
  for (const id of ledger.liveOf(run).keys()) if (isMeant(id)) return true;
  return false;
}

/** Where what is meant begins, and whether an execution belongs to it. */
function occurrencesMeant(
  ledger: Ledger,
  { run, occurrence, follow }: LogSelection,
): { prefix: string; isMeant(id: string): boolean } {
  const within = (prefix: string) => ({ prefix, isMeant: (id: string) => id.startsWith(prefix) });
  const { repeat } = ledger.runs.get(run) ?? {};
  if (repeat === undefined || !recurs(repeat) || occurrence === 'all') return within(`${run}.`);
  if (occurrence !== undefined) return within(`${run}.${occurrence}.`);
  const newest = newestOccurrence(ledger, run) ?? 'none';
  const prefix = `${run}.${newest}.`;
  if (!follow) return within(prefix);
  // Those before it were others' to follow.
  const before = new Set<string>();
  for (const { occurrence: id, state } of ledger.occurrences(run).values())
    if (state.is !== 'ahead' && id !== newest) before.add(id);
  const isMeant = (id: string) =>
    id.startsWith(`${run}.`) && !before.has(executionParts(id)?.occurrence ?? '');
  return { prefix, isMeant };
}

/** The last one that executed anything. */
function newestOccurrence(ledger: Ledger, run: string): string | undefined {
  let newest: Occurrence | undefined;
  for (const each of ledger.occurrences(run).values()) {
    if (each.state.is !== 'fired' && each.state.is !== 'over') continue;
    if (newest === undefined || newest.at < each.at) newest = each;
  }
  return newest?.occurrence;
}

interface Nudges {
  pending(): boolean;
  /** The executions that changed since the last call, as soon as there are any; none once the signal came. */
  next(): Promise<string[]>;
  close(): void;
}

function nudges(ledger: Ledger, isMeant: (id: string) => boolean, signal: AbortSignal): Nudges {
  const changed = new Set<string>();
  let wake: (() => void) | undefined;
  const nudge = () => wake?.();
  const stopListening = ledger.onChange((changes: readonly Change[]) => {
    for (const change of changes) {
      if (!('put' in change) || (change.put !== 'output' && change.put !== 'execution')) continue;
      if (isMeant(change.key)) changed.add(change.key);
    }
    if (changed.size > 0) nudge();
  });
  signal.addEventListener('abort', nudge, { once: true });
  return {
    pending: () => changed.size > 0,
    async next() {
      if (changed.size === 0 && !signal.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        wake = undefined;
      }
      const ids = [...changed];
      changed.clear();
      return ids;
    },
    close() {
      stopListening();
      signal.removeEventListener('abort', nudge);
    },
  };
}
