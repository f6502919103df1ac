// The poll lane: asks for orders, one poll at a time. The controller holds a poll until it has an order, so the
// lane costs nothing while there is none.
import type { Order, PollAnswer, PollRequest } from '../../schemas/generated/wire.ts';
import { type Halt, makeHalt } from '../halt.ts';
import type { Crew } from '../run/crew.ts';
import { sleep } from '../wait.ts';
import type { Contact } from '../wire/contact.ts';
import type { Post } from '../wire/post.ts';
import { sealedCall } from '../wire/sealed-call.ts';

export interface PollNeeds {
  contact: Contact;
  post: Post;
  crew: Crew;
  /** True if the order was news. */
  obey: (order: Order) => Promise<boolean>;
  forget: (before: number) => void;
  monotonic: () => number;
  stopped: Halt;
}

/** Returns when the agent stops. */
export async function pollLane(needs: PollNeeds): Promise<void> {
  const { obey, forget, monotonic, stopped } = needs;
  let nothingNew = 0;
  while (!stopped.asked) {
    const asked = monotonic();
    const answer = await poll(needs);
    if (answer === undefined) continue;
    // Together, so that they share a sync.
    const news = await Promise.all(answer.orders.map(obey));
    forget(answer.forgetBefore);
    // An answer that is quick and brings nothing new (a stop is repeated until its end is reported) would be asked
    // for again and again.
    const quick = answer.orders.length > 0 || monotonic() - asked < 300;
    nothingNew = quick && !news.includes(true) ? nothingNew + 1 : 0;
    if (nothingNew > 0) await sleep(Math.min(5_000, 150 * 2 ** nothingNew), stopped);
  }
}

/** Undefined if the poll was given up: the agent stops, or there is room again where there was none. */
async function poll({ contact, post, crew, stopped }: PollNeeds): Promise<PollAnswer | undefined> {
  const parked = makeHalt(stopped);
  const room = crew.room();
  crew.onRoom = room === 0 ? parked.ask : () => {};
  try {
    const body = JSON.stringify({ room } satisfies PollRequest);
    return await contact.persist(async (session) => {
      const limits = { timeoutMs: (session.pollSeconds + 10) * 1000, signal: parked };
      const answer: PollAnswer = JSON.parse(await sealedCall(post, session, '/v1/agent/poll', body, limits));
      return answer;
    }, parked);
  } finally {
    parked.ask();
  }
}
