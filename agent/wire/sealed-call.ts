import { headers, sameSecret, sealAnswer, sealRequest } from '../../schemas/seal.ts';
import type { Halt } from '../halt.ts';
import { CallError } from './call-error.ts';
import type { Post } from './post.ts';
import { failureOf } from './retry.ts';
import type { Session } from './session.ts';

/**
 * One message inside a session; the text of the answer. Every message has its own number, a repeated one too. An
 * answer without the right seal counts as no answer.
 */
export async function sealedCall(
  post: Post,
  session: Session,
  path: string,
  body: string,
  limits: { timeoutMs: number; signal: Halt },
): Promise<string> {
  const sequence = (session.sequences.get(path) ?? 0) + 1;
  session.sequences.set(path, sequence);
  const answer = await post(
    path,
    {
      [headers.session]: session.id,
      [headers.sequence]: String(sequence),
      [headers.seal]: sealRequest(session.key, 'POST', path, sequence, body),
    },
    body,
    limits,
  );
  if (answer.status < 200 || answer.status > 299) throw new CallError(failureOf(answer));
  const seal = answer.headers[headers.seal];
  const right = sealAnswer(session.key, path, sequence, answer.status, answer.body);
  if (typeof seal !== 'string' || !sameSecret(seal, right))
    throw new CallError({ next: 'back off', message: 'the answer has no right seal' });
  return answer.body;
}
