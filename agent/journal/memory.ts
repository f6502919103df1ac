// What the agent remembers: its journal, folded. The fold is the only thing that changes it.
import type { End, JournalEntry, RunOrder, SendOrder } from '../../schemas/generated/wire.ts';
import {
  type Cause,
  type Heading,
  type Intent,
  type JournalRecord,
  journalVersion,
  type Limits,
  type Placing,
  type Power,
  type Start,
  type Task,
} from './record.ts';

/**
 *   received ─▶ intended ─▶ started ─▶ ended
 *       │           └──────────────────▲ ▲
 *       ├────────────────────────────────┤
 *       └────────▶ placing ──────────────┘      a file that is sent
 *
 * The script is known only until the start is intended: from then on it is a file. The rest of the order is known
 * until the process is.
 */
export type Entry =
  | { is: 'received'; offer: number; order: Task }
  | { is: 'intended'; offer: number; order: RunOrder; intent: Intent; cause?: Cause }
  | { is: 'started'; offer: number; limits: Limits; intent: Intent; start: Start; cause?: Cause }
  | { is: 'placing'; offer: number; order: SendOrder; placing: Placing }
  | { is: 'ended'; offer: number; end: End; reported: boolean; power?: Power };

export interface Memory {
  heading: Heading;
  entries: Map<string, Entry>;
}

export function emptyMemory(id: string): Memory {
  return { heading: { id, highestOffer: 0, forgottenBefore: 0 }, entries: new Map() };
}

/** Applies a record. What makes no sense after what came before (a repeat) changes nothing. */
export function remember(memory: Memory, record: JournalRecord): void {
  const { heading, entries } = memory;
  switch (record.is) {
    case 'journal': {
      const { is: _is, version: _version, ...kept } = record;
      memory.heading = kept;
      return;
    }
    case 'received': {
      const { order } = record;
      heading.highestOffer = Math.max(heading.highestOffer, order.offer);
      if (!entries.has(order.execution))
        entries.set(order.execution, { is: 'received', offer: order.offer, order });
      return;
    }
    case 'intended': {
      const entry = entries.get(record.execution);
      const { attempt, bootId, at } = record;
      const intent = { attempt, bootId, at };
      if (entry?.is === 'received' && entry.order.do === 'run') {
        const order = { ...entry.order, script: '' };
        entries.set(record.execution, { is: 'intended', offer: entry.offer, order, intent });
      } else if (entry?.is === 'intended') entry.intent = intent;
      return;
    }
    case 'started': {
      const entry = entries.get(record.execution);
      const { pid, startTicks, at } = record;
      if (entry?.is !== 'intended') return;
      const { offer, intent, order, cause } = entry;
      entries.set(record.execution, {
        is: 'started',
        offer,
        limits: limitsOf(order),
        intent,
        start: { pid, startTicks, at },
        ...(cause === undefined ? {} : { cause }),
      });
      return;
    }
    case 'placing': {
      const entry = entries.get(record.execution);
      const { at, bootId, inode } = record;
      if (entry?.is !== 'received' || entry.order.do !== 'send') return;
      // Its content has been written.
      const { content: _content, ...file } = entry.order.file;
      const order = { ...entry.order, file };
      const placing = { at, inode, ...(bootId === undefined ? {} : { bootId }) };
      entries.set(record.execution, { is: 'placing', offer: entry.offer, order, placing });
      return;
    }
    case 'dying': {
      const entry = entries.get(record.execution);
      if (entry?.is === 'intended' || entry?.is === 'started') entry.cause ??= record.cause;
      return;
    }
    case 'ended': {
      const { execution, offer, end, power } = record;
      heading.highestOffer = Math.max(heading.highestOffer, offer);
      if (entries.get(execution)?.is !== 'ended')
        entries.set(execution, {
          is: 'ended',
          offer,
          end,
          reported: false,
          ...(power === undefined ? {} : { power }),
        });
      return;
    }
    case 'reported': {
      const entry = entries.get(record.execution);
      if (entry?.is === 'ended') entry.reported = true;
      return;
    }
    case 'powering': {
      const entry = entries.get(record.execution);
      if (entry?.is === 'ended') delete entry.power;
      return;
    }
    case 'forgotten': {
      heading.forgottenBefore = Math.max(heading.forgottenBefore, record.before);
      for (const execution of forgettable(memory, record.before)) entries.delete(execution);
      return;
    }
    case 'handed':
      heading.epoch = record.epoch;
      return;
    case 'limited':
      heading.running = record.running;
      return;
  }
}

/** The executions that may be forgotten: of offers below this number, ended, and reported. */
export function forgettable(memory: Memory, before: number): string[] {
  const found: string[] = [];
  for (const [execution, entry] of memory.entries)
    if (entry.is === 'ended' && entry.reported && entry.offer < before) found.push(execution);
  return found;
}

/** The fewest records that fold to this memory. */
export function* recordsOf({ heading, entries }: Memory): Generator<JournalRecord> {
  yield { is: 'journal', version: journalVersion, ...heading };
  for (const [execution, entry] of entries) {
    switch (entry.is) {
      case 'received':
        yield { is: 'received', order: entry.order };
        break;
      case 'ended':
        yield {
          is: 'ended',
          execution,
          offer: entry.offer,
          end: entry.end,
          ...(entry.power === undefined ? {} : { power: entry.power }),
        };
        if (entry.reported) yield { is: 'reported', execution };
        break;
      case 'placing':
        yield { is: 'received', order: entry.order };
        yield { is: 'placing', execution, ...entry.placing };
        break;
      case 'intended':
        yield { is: 'received', order: entry.order };
        yield { is: 'intended', execution, ...entry.intent };
        if (entry.cause !== undefined) yield { is: 'dying', execution, cause: entry.cause };
        break;
      case 'started':
        yield { is: 'received', order: orderStub(execution, entry.offer, entry.limits) };
        yield { is: 'intended', execution, ...entry.intent };
        yield { is: 'started', execution, ...entry.start };
        if (entry.cause !== undefined) yield { is: 'dying', execution, cause: entry.cause };
        break;
    }
  }
}

/** What is still needed of the order of a process that runs. */
export function limitsOf({ timeoutSeconds, terminationMode, graceSeconds }: RunOrder): Limits {
  return {
    timeoutSeconds,
    ...(terminationMode === undefined ? {} : { terminationMode }),
    ...(graceSeconds === undefined ? {} : { graceSeconds }),
  };
}

function orderStub(execution: string, offer: number, limits: Limits): RunOrder {
  return {
    do: 'run',
    execution,
    offer,
    invocation: '',
    type: 'RunShellScript',
    script: '',
    environment: {},
    ...limits,
  };
}

/** The memory as a handover tells it. */
export function entriesToHandOver({ entries }: Memory): JournalEntry[] {
  return Array.from(entries, ([execution, entry]) => {
    const { offer } = entry;
    switch (entry.is) {
      case 'received':
        return { execution, offer };
      case 'intended':
        return { execution, offer, startedAt: entry.intent.at };
      case 'started':
        return { execution, offer, startedAt: entry.start.at };
      case 'placing':
        return { execution, offer, startedAt: entry.placing.at };
      case 'ended':
        return { execution, offer, end: entry.end };
    }
  });
}
