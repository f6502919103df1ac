// Routes that operators call: the command line, a page, a script. A bearer token on each.
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { schema } from '../../schemas/validator.ts';
import { refuse } from '../dispatch/refusal.ts';
import { readBody } from './body.ts';
import { type EdgeRefused, refuseAtEdge, sendRefusal } from './refusal.ts';
import { type Answer, type Bodies, type Route, sendJson, usualLimit } from './route.ts';
import type { Services } from './services.ts';

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
  { status = 200, bodyLimit = usualLimit }: { status?: number; bodyLimit?: number } = {},
): Route {
  const route = operatorRoute(
    'POST',
    path,
    [],
    (services, call, raw) => {
      const read = readBody(raw, schema<Bodies[B]>('wire', body));
      return read.is === 'refused' ? read : answer(services, call, read.value);
    },
    status,
  );
  return { ...route, bodyLimit };
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
    refuseEarly({ tokens }, { authorization }, address) {
      const admitted = tokens.admit(bearerOf(authorization), address);
      return admitted.is === 'refused' ? admitted : undefined;
    },
    handler:
      (services, { closing, log }) =>
      async (request, reply) => {
        const by = services.tokens.holderOf(bearerOf(request.headers.authorization));
        if (by === undefined) return sendRefusal(reply, refuse('TokenWrong'));
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
        const answered = await answer(services, call, request.body);
        if (answered.is === 'done' && isStream(answered.value)) return sendLines(reply, answered.value);
        return sendJson(reply, answered, status);
      },
  };
}

function sendLines(reply: FastifyReply, values: AsyncIterable<unknown>): FastifyReply {
  void reply.header('content-type', 'application/x-ndjson').send(Readable.from(lines(values)));
  // The first line may take its time: who follows knows at once that he does.
  reply.raw.flushHeaders();
  return reply;
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
