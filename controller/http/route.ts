// A route is made by its authentication class: there is no other way to make one.
//
//   none         anybody
//   enrolment    the code and the proof in the body, judged by the call itself
//   signature    header groundcrew-signature over the raw body, judged by the call itself
//   session      headers of an open session: its id before the body is read, the seal after that
//   operator     a bearer token, judged before the body is read
//
// Each class authenticates, reads the body by its schema, makes one call and sends the answer.
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type {
  AckRequest,
  BlobRequest,
  EnrolmentCodeRequest,
  EnrolRequest,
  PollRequest,
  ReportRequest,
  SessionRequest,
  StopRequest,
} from '../../schemas/generated/wire.ts';
import type { Refused } from '../dispatch/refusal.ts';
import { type AnyRefused, type EdgeRefused, sendRefusal } from './refusal.ts';
import type { Later, Services } from './services.ts';

export type AuthenticationClass = 'none' | 'enrolment' | 'signature' | 'session' | 'operator';

export interface Route {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  authentication: AuthenticationClass;
  /** Bytes. */
  bodyLimit: number;
  /** So many of its answers may be under way at once; more are told to come back. */
  atOnce?: number;
  /** Refuses by the headers alone, before the body is read. */
  refuseEarly?(services: Services, headers: IncomingHttpHeaders, address: string): AnyRefused | undefined;
  handler(services: Services, surroundings: Surroundings): Handler;
}

export interface Surroundings {
  /** Aborted when the controller stops. */
  closing: AbortSignal;
  log: Logger;
}

export type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

/** The bodies of the wire schema, by the name of their definition. */
export interface Bodies {
  enrolRequest: EnrolRequest;
  sessionRequest: SessionRequest;
  pollRequest: PollRequest;
  reportRequest: ReportRequest;
  blobRequest: BlobRequest;
  enrolmentCodeRequest: EnrolmentCodeRequest;
  stopRequest: StopRequest;
  ackRequest: AckRequest;
}

export type Answer<T> = Later<{ is: 'done'; value: T } | Refused | EdgeRefused>;

export const usualLimit = 64 * 1024;
export const json = 'application/json; charset=utf-8';

/** Open to anybody. The value is sent as JSON unless it says otherwise. */
export function open(
  method: 'GET' | 'POST',
  path: string,
  answer: (services: Services) => Answer<{ text: string; contentType: string }>,
): Route {
  return {
    method,
    path,
    authentication: 'none',
    bodyLimit: usualLimit,
    handler: (services) => async (_request, reply) => {
      const answered = await answer(services);
      if (answered.is === 'refused') return sendRefusal(reply, answered);
      return reply.header('content-type', answered.value.contentType).send(answered.value.text);
    },
  };
}

export async function sendJson(
  reply: FastifyReply,
  answered: Awaited<Answer<unknown>>,
  status: number,
): Promise<FastifyReply> {
  if (answered.is === 'refused') return sendRefusal(reply, answered);
  return reply
    .code(status)
    .header('cache-control', 'no-store')
    .header('content-type', json)
    .send(JSON.stringify(answered.value));
}
