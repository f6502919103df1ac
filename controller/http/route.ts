// A route is made by its authentication class: there is no other way to make one.
//
//   none         anybody
//   enrolment    the code and the proof in the body, judged by the call itself
//   signature    header groundcrew-signature over the raw body, judged by the call itself
//   session      headers of an open session; judged here, before the body is read
//   operator     a bearer token; judged here, before the body is read
//
// Each class authenticates, reads the body by its schema, makes one call and sends the answer.
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type {
  AckRequest,
  EnrolmentCodeRequest,
  EnrolRequest,
  PollRequest,
  ReportRequest,
  SessionRequest,
  StopRequest,
} from '../../schemas/generated/wire.ts';
import { sealAnswer, headers as wireHeaders } from '../../schemas/seal.ts';
import { schema } from '../../schemas/validator.ts';
import type { Refused } from '../dispatch/refusal.ts';
import type { Session, SessionPath } from '../dispatch/session.ts';
import { readBody } from './body.ts';
import { type EdgeRefused, refuseAtEdge, sendRefusal } from './refusal.ts';
import type { Later, Services } from './services.ts';

export type AuthenticationClass = 'none' | 'enrolment' | 'signature' | 'session' | 'operator';

export interface Route {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  authentication: AuthenticationClass;
  /** Bytes. */
  bodyLimit: number;
  handler(services: Services, surroundings: Surroundings): Handler;
}

export interface Surroundings {
  /** Aborted when the controller stops. */
  closing: AbortSignal;
  log: Logger;
}

export type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

/** The bodies of the wire schema, by the name of their definition. */
interface Bodies {
  enrolRequest: EnrolRequest;
  sessionRequest: SessionRequest;
  pollRequest: PollRequest;
  reportRequest: ReportRequest;
  enrolmentCodeRequest: EnrolmentCodeRequest;
  stopRequest: StopRequest;
  ackRequest: AckRequest;
}

type Answer<T> = Later<{ is: 'done'; value: T } | Refused | EdgeRefused>;

const usualLimit = 64 * 1024;
const json = 'application/json; charset=utf-8';

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

export function enrolment<B extends keyof Bodies>(
  path: string,
  body: B,
  answer: (services: Services, body: Bodies[B], address: string) => Answer<unknown>,
): Route {
  return {
    method: 'POST',
    path,
    authentication: 'enrolment',
    bodyLimit: usualLimit,
    handler(services) {
      const validate = schema<Bodies[B]>('wire', body);
      return async (request, reply) => {
        const read = readBody(request.body, validate);
        if (read.is === 'refused') return sendRefusal(reply, read);
        return sendJson(reply, await answer(services, read.value, request.ip), 200);
      };
    },
  };
}

/** The answer is the exact text to send, with the header that signs it. */
export function signature<B extends keyof Bodies>(
  path: string,
  body: B,
  answer: (
    services: Services,
    body: Bodies[B],
    raw: string,
    signature: string,
  ) => Answer<{ body: string; signature: string }>,
): Route {
  return {
    method: 'POST',
    path,
    authentication: 'signature',
    bodyLimit: usualLimit,
    handler(services) {
      const validate = schema<Bodies[B]>('wire', body);
      return async (request, reply) => {
        const read = readBody(request.body, validate);
        if (read.is === 'refused') return sendRefusal(reply, read);
        const signature = request.headers[wireHeaders.signature];
        const given = typeof signature === 'string' ? signature : '';
        const answered = await answer(services, read.value, String(request.body), given);
        if (answered.is === 'refused') return sendRefusal(reply, answered);
        return reply
          .header('content-type', json)
          .header(wireHeaders.signature, answered.value.signature)
          .send(answered.value.body);
      };
    },
  };
}

/** The busy ones: ten thousand agents poll and report here. */
export function session<B extends keyof Bodies>(
  path: string,
  to: SessionPath,
  body: B,
  bodyLimit: number,
  answer: (services: Services, session: Session, body: Bodies[B], connection: Socket) => Answer<unknown>,
): Route {
  return {
    method: 'POST',
    path,
    authentication: 'session',
    bodyLimit,
    handler(services) {
      const { sessions } = services.dispatch;
      const validate = schema<Bodies[B]>('wire', body);
      return async (request, reply) => {
        const { headers } = request.raw;
        const raw = typeof request.body === 'string' ? request.body : '';
        const sequence = one(headers[wireHeaders.sequence]);
        const session = sessions.of({
          to,
          path,
          session: one(headers[wireHeaders.session]),
          sequence,
          seal: one(headers[wireHeaders.seal]),
          body: raw,
        });
        if ('is' in session) return sendRefusal(reply, session);
        const read = readBody(raw, validate);
        if (read.is === 'refused') return sendRefusal(reply, read);
        const answered = await answer(services, session, read.value, request.raw.socket);
        if (answered.is === 'refused') return sendRefusal(reply, answered);
        const text = JSON.stringify(answered.value);
        const seal = sealAnswer(session.key, path, Number(sequence), 200, text);
        return reply.header('content-type', json).header(wireHeaders.seal, seal).send(text);
      };
    },
  };
}

/** What an operator's call has besides its body. */
export interface OperatorCall {
  /** Whose token it came with. */
  by: string;
  /** The part of the path that names something; '' where none does. */
  name: string;
  query: Readonly<Record<string, string>>;
  /** Aborted when the controller stops or the caller is gone. */
  signal: AbortSignal;
}

/** `query` lists the parameters that it takes, each at the most once. */
export function operator(
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  answer: (services: Services, call: OperatorCall) => Answer<unknown>,
  query: readonly string[] = [],
): Route {
  return operatorRoute(method, path, query, (services, call) => answer(services, call));
}

/** An operator's route that takes a body. */
export function operatorWith<B extends keyof Bodies>(
  path: string,
  body: B,
  answer: (services: Services, call: OperatorCall, body: Bodies[B]) => Answer<unknown>,
  status = 200,
): Route {
  return operatorRoute(
    'POST',
    path,
    [],
    (services, call, raw) => {
      const read = readBody(raw, schema<Bodies[B]>('wire', body));
      return read.is === 'refused' ? read : answer(services, call, read.value);
    },
    status,
  );
}

function operatorRoute(
  method: Route['method'],
  path: string,
  query: readonly string[],
  answer: (services: Services, call: OperatorCall, raw: unknown) => Answer<unknown>,
  status = 200,
): Route {
  return {
    method,
    path,
    authentication: 'operator',
    bodyLimit: usualLimit,
    handler:
      (services, { closing, log }) =>
      async (request, reply) => {
        const by = services.tokens.holderOf(bearerOf(request.headers.authorization));
        if (by === undefined) return sendRefusal(reply, refuseAtEdge('TokenWrong'));
        const read = readQuery(request.query, query);
        if (read.is === 'refused') return sendRefusal(reply, read);
        if (method !== 'GET')
          log.info({ by, method, path, name: nameIn(request.params) }, 'an operator asked for a change');
        const gone = new AbortController();
        reply.raw.once('close', () => gone.abort());
        const call: OperatorCall = {
          by,
          name: nameIn(request.params),
          query: read.value,
          signal: AbortSignal.any([gone.signal, closing]),
        };
        return sendJson(reply, await answer(services, call, request.body), status);
      },
  };
}

async function sendJson(
  reply: FastifyReply,
  answered: Awaited<Answer<unknown>>,
  status: number,
): Promise<FastifyReply> {
  if (answered.is === 'refused') return sendRefusal(reply, answered);
  reply.code(status).header('cache-control', 'no-store');
  if (isStream(answered.value)) {
    void reply.header('content-type', 'application/x-ndjson').send(Readable.from(lines(answered.value)));
    // The first line may take its time: who follows knows at once that he does.
    reply.raw.flushHeaders();
    return reply;
  }
  return reply.header('content-type', json).send(JSON.stringify(answered.value));
}

function isStream(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

async function* lines(values: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const value of values) yield `${JSON.stringify(value)}\n`;
}

function readQuery(
  given: unknown,
  allowed: readonly string[],
): { is: 'read'; value: Record<string, string> } | EdgeRefused {
  const value: Record<string, string> = {};
  for (const [name, text] of Object.entries(typeof given === 'object' && given !== null ? given : {})) {
    if (!allowed.includes(name) || typeof text !== 'string') {
      const known = allowed.length === 0 ? 'none' : allowed.join(', ');
      return refuseAtEdge('QueryInvalid', { message: `This route takes these parameters, once: ${known}.` });
    }
    value[name] = text;
  }
  return { is: 'read', value };
}

function nameIn(params: unknown): string {
  if (typeof params !== 'object' || params === null || !('name' in params)) return '';
  return typeof params.name === 'string' ? params.name : '';
}

function bearerOf(authorization: string | undefined): string {
  return /^Bearer +([\w.~+/-]+=*)$/i.exec(authorization ?? '')?.[1] ?? '';
}

function one(header: string | string[] | undefined): string {
  return typeof header === 'string' ? header : '';
}
