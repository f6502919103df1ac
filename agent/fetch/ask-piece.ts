// Asks for pieces of blobs, one at a time for the whole agent: so its memory is bounded, however much there is to
// fetch, and numbers of messages stay in order.
import type { BlobAnswer, BlobRequest } from '../../schemas/generated/wire.ts';
import type { Halt } from '../halt.ts';
import { CallError } from '../wire/call-error.ts';
import type { Contact } from '../wire/contact.ts';
import type { Post } from '../wire/post.ts';
import { sealedCall } from '../wire/sealed-call.ts';

export type Piece = { size: number; data: Buffer } | { gone: string };

/** The bytes from an offset on, sooner or later; undefined only if it is halted. */
export type AskPiece = (sha256: string, offset: number, signal: Halt) => Promise<Piece | undefined>;

const path = '/v1/agent/blob';

export function makeAskPiece(contact: Contact, post: Post): AskPiece {
  let last: Promise<unknown> = Promise.resolve();

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = last.then(work);
    last = turn.catch(() => {});
    return turn;
  }

  return (sha256, offset, signal) => {
    const body = JSON.stringify({ sha256, offset } satisfies BlobRequest);
    return contact.persist(async (session): Promise<Piece> => {
      try {
        const limits = { timeoutMs: 120_000, signal };
        const answer = await inTurn(() => sealedCall(post, session, path, body, limits));
        const { size, data }: BlobAnswer = JSON.parse(answer);
        return { size, data: Buffer.from(data, 'base64') };
      } catch (error) {
        if (error instanceof CallError && error.failure.next === 'give up') return { gone: error.message };
        throw error;
      }
    }, signal);
  };
}
