// The story of a serving agent: take up what was begun, then ask for orders and report, until it is stopped.
import type { Facts, Order } from '../schemas/generated/wire.ts';
import type { KeyPair } from '../schemas/seal.ts';
import { makeAskPiece } from './fetch/ask-piece.ts';
import type { Halt } from './halt.ts';
import { whenQuiet } from './host/give-back.ts';
import { uptimeSeconds } from './host/process-table.ts';
import type { Identity } from './identity/identity.ts';
import type { Journal } from './journal/journal.ts';
import { forgettable } from './journal/memory.ts';
import type { Log } from './log.ts';
import { pollLane } from './poll/lane.ts';
import { obey } from './poll/obey.ts';
import { powerAction } from './power/action.ts';
import { makePower, type Power, type PowerCommands } from './power/power.ts';
import { handOver } from './report/handover.ts';
import { reportLane } from './report/lane.ts';
import { makeOutbox, type Outbox } from './report/outbox.ts';
import { makeOutputReader, mostKept, usualKept } from './report/output-reader.ts';
import type { Surroundings } from './run/check.ts';
import { type Crew, type CrewNeeds, makeCrew } from './run/crew.ts';
import { latestTaskFolder } from './run/task-folder.ts';
import { makeTidy, type Tidy } from './run/tidy.ts';
import { makeContact } from './wire/contact.ts';
import type { Post } from './wire/post.ts';
import { openSession } from './wire/session.ts';

export interface ServeNeeds {
  identity: Identity;
  key: KeyPair;
  journal: Journal;
  tasks: string;
  post: Post;
  log: Log;
  facts: Facts;
  surroundings: Surroundings;
  keepScripts: boolean;
  powerCommands: PowerCommands;
  at: () => string;
  monotonic: () => number;
  random: () => number;
  /** Asks the halt. */
  onError: (error: unknown) => void;
  stopped: Halt;
}

export async function serve(needs: ServeNeeds): Promise<void> {
  const { journal, tasks, post, log, monotonic, random, facts, stopped, onError } = needs;
  const outbox = makeOutbox();
  let kept = usualKept;
  const outputKept = () => kept;
  const finish: CrewNeeds['finish'] = async (execution, offer, end, ran) => {
    const action = powerAction(end.exitCode, needs.surroundings.platform.os);
    const power = ran === undefined || action === undefined ? {} : { power: { action, bootId: ran.bootId } };
    await journal.write({ is: 'ended', execution, offer, end, ...power });
    outbox.ended(execution, offer, end, ran?.reader);
    log.info('Ended', { execution, phase: end.phase, exitCode: end.exitCode });
  };
  const contact = makeContact({ open, log, random, stopped });
  const ask = makeAskPiece(contact, post);
  const crew = makeCrew({ ...needs, bootId: facts.bootId, outbox, outputKept, finish, ask });
  const tidy = makeTidy(tasks, log, needs.keepScripts);
  const power = makePower({ ...needs, bootId: facts.bootId, idle: () => crew.idle() });
  const quietSoon = whenQuiet(() => crew.idle(), stopped);
  const polling = { obey: (order: Order) => obey(order, { ...needs, crew, outbox, finish }), forget };
  try {
    crew.limit(journal.memory.heading.running);
    takeUp({ ...needs, outputKept }, crew, outbox, tidy, power);
    // The first that fails halts the other.
    await Promise.all([
      pollLane({ contact, post, crew, ...polling, monotonic, stopped }).catch(onError),
      reportLane({ contact, post, outbox, reported, stopped }).catch(onError),
    ]);
  } catch (error) {
    onError(error);
  }
  // Whatever happened, nothing of this agent is under way any more when it returns.
  await crew.quiet();

  async function open(signal: Halt) {
    const { id, epoch, highestOffer } = journal.memory.heading;
    const { identity, key } = needs;
    const { instance, controllerKey } = identity;
    const known = { instance, key, controllerKey, journal: id, epoch, highestOffer, facts };
    const session = await openSession(post, { ...known, ...upFor() }, signal);
    kept = Math.min(mostKept, session.limits.outputBytes ?? usualKept);
    if (session.handover) await handOver(journal, post, session, signal);
    log.info('Session opened', { epoch: session.epoch, handover: session.handover });
    const { running } = session.limits;
    crew.limit(running);
    if (running !== undefined && running !== journal.memory.heading.running)
      journal.write({ is: 'limited', running }).catch(onError);
    quietSoon();
    return session;
  }

  function reported(execution: string): void {
    journal.write({ is: 'reported', execution }).catch(onError);
    power.after(execution).catch(onError);
    tidy.remove(execution);
    quietSoon();
  }

  function forget(before: number): void {
    if (forgettable(journal.memory, before).length > 0)
      journal.write({ is: 'forgotten', before }).catch(onError);
  }
}

function upFor(): { uptimeSeconds?: number } {
  const seconds = uptimeSeconds();
  return Number.isFinite(seconds) ? { uptimeSeconds: seconds } : {};
}

/** What the journal says was begun goes on; what has ended and may not have been heard is said again. */
function takeUp(
  { journal, tasks, monotonic, outputKept, onError }: ServeNeeds & { outputKept: () => number },
  crew: Crew,
  outbox: Outbox,
  tidy: Tidy,
  power: Power,
): void {
  for (const [execution, entry] of journal.memory.entries) {
    const { offer } = entry;
    if (entry.is !== 'ended') outbox.received(execution, offer);
    if (entry.is === 'received') crew.add(entry.order);
    else if (entry.is !== 'ended') crew.resume(execution, entry);
    else if (entry.reported) {
      tidy.remove(execution);
      power.after(execution).catch(onError);
    } else {
      const { output } = latestTaskFolder(tasks, execution);
      outbox.ended(execution, offer, entry.end, makeOutputReader(execution, output, monotonic, outputKept));
    }
  }
}
