// The output of a run as it grows. A change only nudges; what is said is read from the store, from where each
// execution's output was read to before: a slow reader misses what was dropped meanwhile, and is told so.
import type { LogChunk } from '../../schemas/generated/wire.ts';
import { type Execution, isUnsent } from '../run/execution.ts';
import type { Ledger } from '../store/ledger.ts';
import type { Change } from '../store/port.ts';
import { fromRow, noOutput, piecesAfter } from './output.ts';

export interface LogSelection {
  run: string;
  /** Only this instance's. */
  instance?: string;
  /** Go on until everything has ended. */
  follow: boolean;
  /** Ends the following. */
  signal: AbortSignal;
}

/** Chunks of each execution in their order; each execution's last one has its end. */
export async function* readLogs(ledger: Ledger, selection: LogSelection): AsyncGenerator<LogChunk> {
  const { run, instance, follow, signal } = selection;
  const isMeant = (id: string) =>
    id.startsWith(`${run}.`) && (instance === undefined || id.endsWith(`.${instance}`));
  const nudged = nudges(ledger, isMeant, signal);
  const readTo = new Map<string, number>();
  try {
    for await (const [id, execution] of ledger.store.list('execution', { prefix: `${run}.` })) {
      if (signal.aborted) return;
      if (isMeant(id)) yield* news(ledger, execution, readTo);
    }
    if (!follow) return;
    while (!signal.aborted && (isLive(ledger, selection) || nudged.pending())) {
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

function isLive(ledger: Ledger, { run, instance }: LogSelection): boolean {
  const live = ledger.liveOf(run);
  if (instance === undefined) return live.size > 0;
  for (const execution of live.values()) if (execution.instance === instance) return true;
  return false;
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
