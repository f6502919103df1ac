// What the controller has yet to hear, by execution and in the order of its life. Saying the same thing twice before
// it is sent is saying it once. Output is not in here: it stays in its file until a report is made.
import type { End, Message } from '../../schemas/generated/wire.ts';
import { type Gate, makeGate } from '../wait.ts';
import type { OutputReader } from './output-reader.ts';

interface Parcel {
  offer: number;
  received: boolean;
  startedAt?: string;
  end?: End;
  reader?: OutputReader;
}

export interface Batch {
  messages: Message[];
  /** The executions whose end is in it. */
  ended: string[];
}

export interface Outbox {
  received(execution: string, offer: number): void;
  started(execution: string, offer: number, at: string): void;
  output(execution: string, offer: number, reader: OutputReader): void;
  /** The reader, if there is one, has output that is to be sent before the end. */
  ended(execution: string, offer: number, end: End, reader?: OutputReader): void;
  /** As much as one report may hold; undefined if there is nothing. */
  take(): Batch | undefined;
  filled: Gate;
}

const mostMessages = 1000;
/** Characters; room is left for what one execution can add. */
const mostText = 400 * 1024;

export function makeOutbox(): Outbox {
  const parcels = new Map<string, Parcel>();
  const filled = makeGate();

  function parcelOf(execution: string, offer: number): Parcel {
    const known = parcels.get(execution);
    if (known !== undefined) return known;
    const parcel: Parcel = { offer, received: false };
    parcels.set(execution, parcel);
    return parcel;
  }

  return {
    filled,
    received(execution, offer) {
      parcelOf(execution, offer).received = true;
      filled.open();
    },
    started(execution, offer, at) {
      parcelOf(execution, offer).startedAt = at;
      filled.open();
    },
    output(execution, offer, reader) {
      parcelOf(execution, offer).reader = reader;
      filled.open();
    },
    ended(execution, offer, end, reader) {
      const parcel = parcelOf(execution, offer);
      parcel.end = end;
      if (reader !== undefined) parcel.reader = reader;
      filled.open();
    },
    take() {
      const messages: Message[] = [];
      const ended: string[] = [];
      let text = 0;
      for (const [execution, parcel] of parcels) {
        if (messages.length > mostMessages - 10 || text > mostText) break;
        parcels.delete(execution);
        for (const message of unpack(execution, parcel)) {
          messages.push(message);
          text += message.is === 'output' ? message.data.length + 200 : 600;
        }
        if (parcel.end !== undefined) ended.push(execution);
      }
      return messages.length === 0 ? undefined : { messages, ended };
    },
  };
}

function unpack(execution: string, { offer, received, startedAt, end, reader }: Parcel): Message[] {
  const messages: Message[] = [];
  if (received) messages.push({ is: 'received', execution, offer });
  if (startedAt !== undefined) messages.push({ is: 'started', execution, offer, at: startedAt });
  if (reader !== undefined) messages.push(...(end === undefined ? reader.take() : reader.finish()));
  if (end !== undefined) messages.push({ is: 'ended', execution, offer, end });
  return messages;
}
