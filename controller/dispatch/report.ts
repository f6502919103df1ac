// What agents report becomes what the controller knows.
//
// 1. An instance reports on its own executions only; a report that names another's is refused as a whole.
// 2. One report is one commit, and is answered when it is on disk. A repeat changes nothing.
// 3. The first end stays. Another one is logged.
// 4. What the controller does not know and an agent does is kept as a claim: it must not run again.
// 5. A run of which everything has ended stays as it is: settling it belongs to the pass.
import type { Logger } from 'pino';
import { canonicalJson } from '../../schemas/digest.ts';
import type { End, JournalEntry, Message, ReportAnswer } from '../../schemas/generated/wire.ts';
import { executionParts } from '../../schemas/identity.ts';
import { type Execution, isUnsent } from '../run/execution.ts';
import { type Event, transition } from '../run/transition.ts';
import type { Ledger } from '../store/ledger.ts';
import type { Change, Instance } from '../store/port.ts';
import type { Claims } from './claims.ts';
import { lostByHandover } from './handover.ts';
import type { Outputs } from './outputs.ts';
import { newClaims, type Past, readPast } from './read-past.ts';
import { type Answered, done, refuse } from './refusal.ts';
import type { Session } from './session.ts';

export interface Reporting {
  ledger: Ledger;
  outputs: Outputs;
  claims: Claims;
  now: () => number;
  log: Logger;
  /** Called when an instance may be offered something that it could not before. */
  wake: (instance: string) => void;
}

/** Records the messages; answers when they are on disk. */
export async function report(
  reporting: Reporting,
  session: Session,
  messages: readonly Message[],
): Promise<Answered<ReportAnswer>> {
  if (!messages.every((message) => isOwn(session.instance, message))) return refuse('ExecutionOfAnother');
  const { ledger, outputs, wake } = reporting;
  const borrowed: string[] = [];
  const past = await readPast(ledger, outputs, messages, borrowed);

  // From here to the commit nothing else has its turn.
  if (!reporting.claims.add(session.instance, newClaims(messages, past))) {
    outputs.giveBack(borrowed);
    reporting.log.warn({ instance: session.instance }, 'an instance names too many unknown executions');
    return refuse('ClaimsTooMany');
  }
  const book = openBook(reporting, session, past);
  for (const message of messages) record(book, message);
  if (book.handedOver) session.handover = undefined;
  await ledger.commit([...changesOf(book), ...outputs.takeChanges()]);
  if (borrowed.length > 0) outputs.giveBack(borrowed);
  if (book.handedOver) wake(session.instance);
  return done({ recorded: messages.length });
}

function isOwn(instance: string, message: Message): boolean {
  if (message.is !== 'journal') return executionParts(message.execution)?.instance === instance;
  return message.entries.every(({ execution }) => executionParts(execution)?.instance === instance);
}

/** The changes of one report while it is read. */
interface Book {
  reporting: Reporting;
  session: Session;
  past: Past;
  executions: Map<string, Execution>;
  claims: Map<string, JournalEntry> | undefined;
  /** The highest offer number that the agent named and this store had not given. */
  highestOffer: number;
  /** The highest offer number that the agent named: its memory has held it. */
  arrived: number;
  handedOver: boolean;
}

function openBook(reporting: Reporting, session: Session, past: Past): Book {
  const executions = new Map<string, Execution>();
  const none = { claims: undefined, highestOffer: 0, arrived: 0, handedOver: false };
  return { reporting, session, past, executions, ...none };
}

function record(book: Book, message: Message): void {
  switch (message.is) {
    case 'received':
      return happened(book, message.execution, { event: 'received', offer: message.offer }, message);
    case 'started': {
      const { execution, offer, at } = message;
      const entry = { execution, offer, startedAt: at };
      return happened(book, execution, { event: 'started', offer, at }, entry);
    }
    case 'ended': {
      const { execution, offer, end } = message;
      return happened(book, execution, { event: 'ended', offer, end }, { execution, offer, end });
    }
    case 'output':
      return wrote(book, message.execution, message.offset, message.data);
    case 'journal': {
      for (const entry of message.entries) remembered(book, entry);
      if (message.complete) complete(book);
    }
  }
}

function remembered(book: Book, entry: JournalEntry): void {
  const { execution, offer, startedAt, end } = entry;
  book.session.handover?.add(execution);
  happened(book, execution, { event: 'received', offer }, entry);
  if (startedAt !== undefined) happened(book, execution, { event: 'started', offer, at: startedAt }, entry);
  if (end !== undefined) happened(book, execution, { event: 'ended', offer, end }, entry);
}

function happened(
  book: Book,
  id: string,
  event: Extract<Event, { offer?: number }>,
  entry: JournalEntry,
): void {
  const { ledger, outputs } = book.reporting;
  book.arrived = Math.max(book.arrived, entry.offer);
  const before = book.executions.get(id) ?? ledger.live(id);
  if (before === undefined) return happenedInThePast(book, id, event, entry);

  let { state } = before;
  if (isUnsent(state) && event.offer !== undefined) {
    // Offered by a memory that this controller lost.
    book.highestOffer = Math.max(book.highestOffer, event.offer);
    state = transition(state, { event: 'offer', offer: event.offer }) ?? state;
  }
  if (event.event === 'ended') {
    if (state.is === 'ended') return compareEnds(book, id, state.end, event.end);
    if (event.end.outputBytes > 0) outputs.end(id, event.end.outputBytes);
  }
  state = transition(state, event) ?? state;
  if (state !== before.state) book.executions.set(id, { ...before, state });
}

function happenedInThePast(book: Book, id: string, event: Event, entry: JournalEntry): void {
  // Not looked up: it was live when the report came, and has ended since.
  if (!book.past.has(id)) return;
  const known = book.past.get(id);
  if (known === undefined || known === 'claimed') {
    book.highestOffer = Math.max(book.highestOffer, entry.offer);
    const { execution, offer, startedAt, end } = { ...book.claims?.get(id), ...entry };
    const claim: JournalEntry = { execution, offer };
    if (startedAt !== undefined) claim.startedAt = startedAt;
    if (end !== undefined) claim.end = end;
    book.claims ??= new Map();
    book.claims.set(id, claim);
  } else if (event.event === 'ended' && known.state.is === 'ended') {
    compareEnds(book, id, known.state.end, event.end);
  }
}

function compareEnds({ reporting: { log }, session }: Book, execution: string, first: End, other: End): void {
  // What was heard before may have filled in the start.
  const completed = first.startedAt === undefined ? other : { startedAt: first.startedAt, ...other };
  if (canonicalJson({ ...first }) === canonicalJson({ ...completed })) return;
  const fields = { execution, instance: session.instance, first: first.phase, other: other.phase };
  log.warn(fields, 'another end was reported for an execution that has ended; the first stays');
}

function wrote({ reporting, executions, past }: Book, id: string, offset: number, data: string): void {
  const { ledger, outputs } = reporting;
  const known = executions.get(id) ?? ledger.live(id) ?? past.get(id);
  // Of an execution that nobody here knows nothing is kept.
  if (known !== undefined && known !== 'claimed') outputs.add(id, offset, Buffer.from(data, 'base64'));
}

/** The agent has said all that it knows: what it should know of and does not is lost. */
function complete(book: Book): void {
  const { session, reporting } = book;
  if (session.handover === undefined) return;
  const instance = reporting.ledger.instances.get(session.instance);
  if (instance === undefined) return;
  book.handedOver = true;
  book.highestOffer = Math.max(book.highestOffer, session.highestOffer);
  for (const execution of reporting.ledger.liveOn(session.instance).values()) {
    const now = book.executions.get(execution.id) ?? execution;
    const end = lostByHandover(now, session.handover, session.sameMemory, reporting.now());
    const state = end && transition(now.state, { event: 'ended', end });
    if (state !== undefined) book.executions.set(now.id, { ...now, state });
  }
}

function changesOf(book: Book): Change[] {
  const { executions, claims } = book;
  const changes: Change[] = [];
  for (const value of executions.values()) {
    changes.push({ put: 'execution', key: value.id, value });
    if (value.state.is === 'ended') book.session.given?.delete(value.id);
  }
  for (const value of claims?.values() ?? []) changes.push({ put: 'claim', key: value.execution, value });
  const { ledger } = book.reporting;
  const instance = ledger.instances.get(book.session.instance);
  const changed = instance && withNumbers(instance, book);
  if (changed !== undefined && changed !== instance)
    changes.push({ put: 'instance', key: changed.id, value: changed });
  return changes;
}

/** Beyond it no agent can have got by itself. */
const highestNumber = 2 ** 52;

/** The instance with the offer numbers that the agent named; the same object if they are not news. */
function withNumbers(instance: Instance, { session, handedOver, ...book }: Book): Instance {
  const offers = Math.max(instance.offers, Math.min(book.highestOffer, highestNumber));
  const named = Math.min(book.arrived, highestNumber);
  // A memory that was handed over counts from what it holds.
  if (handedOver)
    return { ...instance, offers, journal: session.journal, arrived: Math.max(session.highestOffer, named) };
  const arrived = Math.max(instance.arrived ?? 0, named);
  const isNews = offers > instance.offers || arrived > (instance.arrived ?? 0);
  return isNews ? { ...instance, offers, arrived } : instance;
}
