import type { JournalMessage, ReportRequest } from '../../schemas/generated/wire.ts';
import type { Halt } from '../halt.ts';
import type { Journal } from '../journal/journal.ts';
import { entriesToHandOver } from '../journal/memory.ts';
import type { Post } from '../wire/post.ts';
import { sealedCall } from '../wire/sealed-call.ts';
import type { Session } from '../wire/session.ts';
import { reportPath } from './lane.ts';

const entriesInMessage = 500;

/** Tells a controller with another memory all that the journal knows; only then may it offer anything. */
export async function handOver(journal: Journal, post: Post, session: Session, signal: Halt): Promise<void> {
  const entries = entriesToHandOver(journal.memory);
  for (let from = 0; from === 0 || from < entries.length; from += entriesInMessage) {
    const message: JournalMessage = {
      is: 'journal',
      entries: entries.slice(from, from + entriesInMessage),
      complete: from + entriesInMessage >= entries.length,
    };
    const body = JSON.stringify({ messages: [message] } satisfies ReportRequest);
    await sealedCall(post, session, reportPath, body, { timeoutMs: 60_000, signal });
  }
  await journal.write({ is: 'handed', epoch: session.epoch });
}
