// Routes that agents call, by their authentication classes.
import type { Socket } from 'node:net';
import { sealAnswer, headers as wireHeaders } from '../../schemas/seal.ts';
import { schema } from '../../schemas/validator.ts';
import { refuse } from '../dispatch/refusal.ts';
import type { Session, SessionPath } from '../dispatch/session.ts';
import { readBody } from './body.ts';
import { sendRefusal } from './refusal.ts';
import { type Answer, type Bodies, json, type Route, sendJson, usualLimit } from './route.ts';
import type { Services } from './services.ts';

/** The code and the proof are in the body. */
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
    refuseEarly: ({ dispatch }, headers) =>
      dispatch.sessions.knows(one(headers[wireHeaders.session])) ? undefined : refuse('SessionUnknown'),
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

function one(header: string | string[] | undefined): string {
  return typeof header === 'string' ? header : '';
}
