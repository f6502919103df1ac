// All routes, each with its authentication class. A test holds this table against an independent list.
import { done } from '../dispatch/refusal.ts';
import { enrolment, session, signature } from './agent-route.ts';
import { executionFilter, executionParameters, pageParameters, pageWanted } from './execution-filter.ts';
import { operator, operatorWith } from './operator-route.ts';
import { refuseAtEdge } from './refusal.ts';
import { open, type Route, usualLimit } from './route.ts';
import type { Later, Page, PageWanted, Services } from './services.ts';

const reportLimit = 1024 * 1024;

/** An answer with a piece is 1.4 MiB of memory until the agent has taken it. */
const blobsAtOnce = 32;

export const routes: readonly Route[] = [
  open('GET', '/healthz', () => done(asJson({ status: 'ok' }))),
  open('GET', '/readyz', ({ isReady }) =>
    isReady() ? done(asJson({ status: 'ready' })) : refuseAtEdge('NotReady', { retryAfterSeconds: 2 }),
  ),
  open('GET', '/metrics', async ({ metrics }) => done(await metrics())),
  open('POST', '/v1/agent/challenge', ({ dispatch }) =>
    done(asJson({ nonce: dispatch.sessions.challenge() })),
  ),

  enrolment('/v1/agent/enrol', 'enrolRequest', ({ dispatch }, request, address) =>
    dispatch.enrol(request, address),
  ),
  signature('/v1/agent/session', 'sessionRequest', ({ dispatch }, request, raw, signature) =>
    dispatch.sessions.open(request, raw, signature),
  ),
  session(
    '/v1/agent/poll',
    'poll',
    'pollRequest',
    usualLimit,
    async ({ dispatch }, session, { room }, socket) => done(await dispatch.poll(session, room, socket)),
  ),
  session('/v1/agent/report', 'report', 'reportRequest', reportLimit, ({ dispatch }, session, { messages }) =>
    dispatch.report(session, messages),
  ),
  {
    ...session('/v1/agent/blob', 'blob', 'blobRequest', usualLimit, ({ dispatch }, session, request) =>
      dispatch.blob(session, request),
    ),
    atOnce: blobsAtOnce,
  },

  operator('GET', '/v1/status', async ({ documents }) => done(await documents.controllerDocument())),
  list('/v1/commands', ({ documents }, page) => documents.commands(page)),
  operator('GET', '/v1/commands/:name', async ({ documents }, { name }) =>
    found(await documents.commandDocument(name)),
  ),
  operator('GET', '/v1/commands/:name/history', async ({ commandHistory }, { name }) =>
    found(await commandHistory(name)),
  ),
  operator('GET', '/v1/scripts/:name', async ({ script }, { name }) => {
    const text = await script(name);
    return found(text === undefined ? undefined : { text });
  }),
  list('/v1/invocations', ({ documents }, page) => documents.invocations(page)),
  operator('GET', '/v1/invocations/:name', async ({ documents }, { name }) =>
    found(await documents.invocationDocument(name)),
  ),
  operator(
    'GET',
    '/v1/invocations/:name/logs',
    ({ dispatch }, { name, query: { instance, occurrence, follow }, signal }) => {
      if (follow !== undefined && follow !== 'true' && follow !== 'false')
        return refuseAtEdge('QueryInvalid', { message: 'follow is true or false.' });
      const only = {
        ...(instance !== undefined && { instance }),
        ...(occurrence !== undefined && { occurrence }),
      };
      return dispatch.logs(name, { ...only, follow: follow === 'true', signal });
    },
    ['instance', 'occurrence', 'follow'],
  ),
  operatorWith(
    '/v1/invocations/:name/stop',
    'stopRequest',
    ({ dispatch }, { name, by }, request) => dispatch.stop(name, request, by),
    // 10,000 instances, each by a name of 128 characters.
    { bodyLimit: 2 * 1024 * 1024 },
  ),
  list('/v1/instances', ({ documents }, page) => documents.instances(page)),
  operator('GET', '/v1/instances/:name', async ({ documents, instanceId }, { name }) => {
    const id = instanceId(name);
    return found(id === undefined ? undefined : await documents.instanceDocument(id));
  }),
  operator(
    'GET',
    '/v1/executions',
    async (services, { query }) => {
      const filter = executionFilter(query, services);
      return filter.is === 'read' ? done(await services.documents.executions(filter.value)) : filter;
    },
    executionParameters,
  ),
  operator('GET', '/v1/executions/:name', async ({ documents }, { name }) =>
    found(await documents.execution(name)),
  ),

  operator('POST', '/v1/reconcile', async ({ reconcile }) => done(await reconcile())),
  operatorWith('/v1/acks', 'ackRequest', async ({ ack }, { by }, request) =>
    (await ack(request, by)) ? done({ hold: request.hold }) : refuseAtEdge('HoldUnknown'),
  ),
  operator('GET', '/v1/enrolment-codes', ({ dispatch }) => done({ items: dispatch.codes.list() })),
  operatorWith(
    '/v1/enrolment-codes',
    'enrolmentCodeRequest',
    async ({ dispatch }, _call, request) => done(await dispatch.codes.create(request)),
    { status: 201 },
  ),
  operator('DELETE', '/v1/enrolment-codes/:name', ({ dispatch }, { name }) => dispatch.codes.revoke(name)),
];

/** A list that comes in pages. */
function list(path: string, items: (services: Services, page: PageWanted) => Later<Page<unknown>>): Route {
  return operator(
    'GET',
    path,
    async (services, { query }) => {
      const page = pageWanted(query);
      return page.is === 'read' ? done(await items(services, page.value)) : page;
    },
    pageParameters,
  );
}

function asJson(value: Record<string, string>): { text: string; contentType: string } {
  return { text: JSON.stringify(value), contentType: 'application/json; charset=utf-8' };
}

function found<T>(document: T | undefined) {
  return document === undefined ? refuseAtEdge('NotFound') : done(document);
}
