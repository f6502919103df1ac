// Polls: answered at once when there is an order, else parked until there is one or the time is over.
//
// 1. One poll per instance is parked; a newer one answers the older with nothing.
// 2. An order is said only when it is on disk. Polls that are served in one turn share one commit.
// 3. A poll whose connection is gone gets no orders: they would have to be offered again.
// 4. An answer has a limit; what is left out comes with the next poll.
// 5. Waking many takes turns, so that whoever reports meanwhile is heard.
import type { Logger } from 'pino';
import type { PollAnswer } from '../../schemas/generated/wire.ts';
import type { Ledger } from '../store/ledger.ts';
import type { Change } from '../store/port.ts';
import { choose } from './choose.ts';
import { endUnmade } from './end-unmade.ts';
import { type Materials, type Offer, offer, ordersOf } from './orders.ts';
import type { Session } from './session.ts';

/** So many polls are served in one turn of the event loop. */
const servedAtOnce = 128;
/** Times are rounded to it, so that thousands of parked polls share a few timers' lists. */
const timerStepMs = 250;

export interface Polls {
  /** Resolves with the orders. `connection` is what the answer will go to. */
  poll(session: Session, room: number, connection: { readonly destroyed: boolean }): Promise<PollAnswer>;
  /** Looks again at what these instances could get. Many calls within a turn are one. */
  wake(instance: string): void;
  /** Answers a parked poll of this session: it has ended. */
  release(session: Session): void;
  parked(): number;
  /** Whether the instance has a poll parked, whose connection is not gone. */
  has(instance: string): boolean;
  /** Answers all that is parked, and from now on each poll at once. */
  close(): void;
}

interface Poll {
  session: Session;
  room: number;
  connection: { readonly destroyed: boolean };
  timer: NodeJS.Timeout | undefined;
  resolve: (answer: PollAnswer) => void;
  reject: (error: unknown) => void;
}

export function openPolls(options: {
  ledger: Ledger;
  materials: Materials;
  now: () => number;
  /** Between 0 and 1. */
  jitter: () => number;
  pollSeconds: number;
  forgetBefore: (instance: string) => number;
  /** Since when (ms) it has called without a break. */
  onlineSince: (instance: string) => number | undefined;
  /** Called when a poll that was held gets its answer: the instance has been there until now. */
  wasThere: (instance: string) => void;
  /** Called with how many runs were offered. */
  offered: (count: number) => void;
  log: Logger;
}): Polls {
  const { ledger, materials, now, jitter, pollSeconds, forgetBefore, offered, onlineSince, wasThere, log } =
    options;
  const listeningSince = now();
  const parked = new Map<string, Poll>();
  const woken = new Set<string>();
  let turn: NodeJS.Immediate | undefined;
  let closed = false;

  const answerNothing = (poll: Poll) =>
    poll.resolve({ orders: [], forgetBefore: forgetBeforeOf(poll.session) });
  const forgetBeforeOf = (session: Session) =>
    session.handover === undefined ? forgetBefore(session.instance) : 0;

  const take = (instance: string): Poll | undefined => {
    const poll = parked.get(instance);
    if (poll === undefined) return undefined;
    unpark(poll);
    clearTimeout(poll.timer);
    return poll;
  };

  const unpark = ({ session, connection }: Poll) => {
    if (!connection.destroyed) wasThere(session.instance);
    parked.delete(session.instance);
  };

  const expire = (poll: Poll) => {
    if (parked.get(poll.session.instance) === poll) unpark(poll);
    // What was held back for its time may be due; else this is the answer with nothing.
    serve([poll], false);
  };

  const park = (poll: Poll, dueAt: number | undefined) => {
    const fair = pollSeconds * 1000 * (0.9 + jitter() * 0.2);
    const wait = dueAt === undefined ? fair : Math.min(fair, Math.max(dueAt - now(), 0));
    poll.timer = setTimeout(expire, Math.ceil(wait / timerStepMs) * timerStepMs, poll);
    parked.set(poll.session.instance, poll);
  };

  /** Decides for each of them; those with nothing are parked, or answered so if they may not wait. */
  const serve = (polls: readonly Poll[], mayPark: boolean) => {
    const time = now();
    const changes: Change[] = [];
    const served: { poll: Poll; offer: Offer }[] = [];
    for (const poll of polls) {
      const instance = ledger.instances.get(poll.session.instance);
      if (closed || instance === undefined || poll.connection.destroyed) {
        answerNothing(poll);
        continue;
      }
      const since = onlineSince(poll.session.instance);
      const choice = choose(ledger, poll.session, poll.room, time, since, listeningSince);
      const made = offer(instance, poll.session.wire, choice);
      if (made.runs.length + made.stops.length > 0) {
        served.push({ poll, offer: made });
        changes.push(...made.changes);
        if (choice.fresh.length > 0) offered(choice.fresh.length);
      } else if (mayPark) park(poll, choice.dueAt);
      else answerNothing(poll);
    }
    if (served.length > 0) void say(served, changes);
  };

  const say = async (served: { poll: Poll; offer: Offer }[], changes: Change[]) => {
    try {
      // What is said again may be on its way to the disk still.
      await (changes.length > 0 ? ledger.commit(changes) : ledger.settled());
    } catch (error) {
      for (const { poll } of served) poll.reject(error);
      return;
    }
    for (const { poll, offer } of served) {
      try {
        const making = ordersOf(ledger, materials, offer);
        const { orders, left, unmade } = making instanceof Promise ? await making : making;
        for (const { id } of left) poll.session.given?.delete(id);
        if (unmade.length > 0) await endUnmade(ledger, log, now(), unmade);
        poll.resolve({ orders, forgetBefore: forgetBeforeOf(poll.session) });
      } catch (error) {
        poll.reject(error);
      }
    }
  };

  const serveWoken = () => {
    turn = undefined;
    const polls: Poll[] = [];
    for (const instance of woken) {
      if (polls.length === servedAtOnce) break;
      woken.delete(instance);
      const poll = take(instance);
      if (poll !== undefined) polls.push(poll);
    }
    if (woken.size > 0) turn = setImmediate(serveWoken);
    serve(polls, true);
  };

  return {
    poll(session, room, connection) {
      return new Promise((resolve, reject) => {
        const older = take(session.instance);
        if (older !== undefined) answerNothing(older);
        serve([{ session, room, connection, timer: undefined, resolve, reject }], true);
      });
    },
    wake(instance) {
      if (!parked.has(instance)) return;
      woken.add(instance);
      turn ??= setImmediate(serveWoken);
    },
    release(session) {
      if (parked.get(session.instance)?.session !== session) return;
      const poll = take(session.instance);
      if (poll !== undefined) answerNothing(poll);
    },
    parked: () => parked.size,
    has: (instance) => parked.get(instance)?.connection.destroyed === false,
    close() {
      closed = true;
      if (turn !== undefined) clearImmediate(turn);
      woken.clear();
      for (const instance of parked.keys()) {
        const poll = take(instance);
        if (poll !== undefined) answerNothing(poll);
      }
    },
  };
}
