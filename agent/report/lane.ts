// The report lane: one report at a time, with everything that waits. It is sent at once when the lane is idle, so
// that batches grow only while there is something to wait for.
import type { ReportRequest } from '../../schemas/generated/wire.ts';
import type { Halt } from '../halt.ts';
import type { Contact } from '../wire/contact.ts';
import type { Post } from '../wire/post.ts';
import { sealedCall } from '../wire/sealed-call.ts';
import type { Outbox } from './outbox.ts';

export const reportPath = '/v1/agent/report';

export interface ReportNeeds {
  outbox: Outbox;
  contact: Contact;
  post: Post;
  /** The controller has the end of this execution on its disk. */
  reported: (execution: string) => void;
  stopped: Halt;
}

/** Returns when the agent stops. */
export async function reportLane({ outbox, contact, post, reported, stopped }: ReportNeeds): Promise<void> {
  while (!stopped.asked) {
    const batch = outbox.take();
    if (batch === undefined) {
      await outbox.filled.pass(stopped);
      continue;
    }
    const body = JSON.stringify({ messages: batch.messages } satisfies ReportRequest);
    const limits = { timeoutMs: 60_000, signal: stopped };
    // The same body until it is taken: a repeat changes nothing for the controller.
    const answer = await contact.persist(
      (session) => sealedCall(post, session, reportPath, body, limits),
      stopped,
    );
    if (answer === undefined) return;
    for (const execution of batch.ended) reported(execution);
  }
}
