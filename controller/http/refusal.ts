// How a refusal goes out: always the same body, with the status of this table.
import type { FastifyReply } from 'fastify';
import type { Refusal } from '../../schemas/generated/wire.ts';
import type { RefusalCode } from '../dispatch/refusal.ts';

/** What the edge itself refuses. */
const ownRefusals = {
  BodyInvalid: { message: 'The body is not what this route takes.', hint: 'See the wire schema.' },
  BodyTooLarge: { message: 'The body is too large.', hint: 'Send it in several messages.' },
  MediaTypeUnsupported: {
    message: 'The body has to be application/json.',
    hint: 'Send the header content-type: application/json.',
  },
  QueryInvalid: { message: 'The query is not what this route takes.', hint: 'See the documentation.' },
  RouteUnknown: { message: 'There is no such route.', hint: 'Check the path and the method.' },
  NotFound: { message: 'There is nothing of this name.', hint: 'List what there is, and check the name.' },
  HoldUnknown: {
    message: 'Nothing is held under this id.',
    hint: 'GET /v1/status lists what is held.',
  },
  Overloaded: { message: 'Too many requests are under way.', hint: 'Try again after Retry-After.' },
  NotReady: { message: 'The first pass is not over.', hint: 'Wait, or look into the log.' },
  Closing: { message: 'The controller is stopping.', hint: 'Try again after Retry-After.' },
  Internal: { message: 'The controller failed at this.', hint: 'Its log says more.' },
} as const satisfies Record<string, { message: string; hint: string }>;

export type EdgeCode = keyof typeof ownRefusals;

const statuses = {
  BodyInvalid: 400,
  QueryInvalid: 400,
  SessionRequestInvalid: 400,
  ChallengeUnknown: 401,
  SignatureWrong: 401,
  SessionUnknown: 401,
  SealWrong: 401,
  TokenWrong: 401,
  EnrolmentRefused: 403,
  InstanceUnknown: 403,
  ExecutionOfAnother: 403,
  ClaimsTooMany: 403,
  BlobUnknown: 404,
  TargetUnknown: 404,
  InvocationUnknown: 404,
  OccurrenceUnknown: 404,
  EnrolmentCodeUnknown: 404,
  RouteUnknown: 404,
  NotFound: 404,
  HoldUnknown: 404,
  SequenceReplayed: 409,
  BlobGone: 410,
  BodyTooLarge: 413,
  MediaTypeUnsupported: 415,
  TooManyAttempts: 429,
  Internal: 500,
  Overloaded: 503,
  NotReady: 503,
  Closing: 503,
} as const satisfies Record<RefusalCode | EdgeCode, number>;

export interface EdgeRefused extends Refusal {
  is: 'refused';
  code: EdgeCode;
  retryAfterSeconds?: number;
}

/** A refusal of the edge; `message` says it more exactly where that is known. */
export function refuseAtEdge(
  code: EdgeCode,
  more?: { message?: string; retryAfterSeconds?: number },
): EdgeRefused {
  return { is: 'refused', code, ...ownRefusals[code], ...more };
}

export type AnyRefused = { code: RefusalCode | EdgeCode } & Refusal & { retryAfterSeconds?: number };

export function sendRefusal(reply: FastifyReply, refused: AnyRefused): FastifyReply {
  const { code, message, hint, retryAfterSeconds } = refused;
  const body: Refusal = { code, message, hint };
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds));
  if (code === 'TokenWrong') reply.header('www-authenticate', 'Bearer');
  return reply
    .code(statuses[code])
    .header('content-type', 'application/json; charset=utf-8')
    .send(JSON.stringify(body));
}
