// The one HTTP server: every route of the table, the limits, the end.
//
// 1. No route without an authentication class, whoever registers it.
// 2. Every answer that is not 2xx has the body of a Refusal, whatever part of the stack it comes from.
// 3. What is refused for lack of room is refused before its body is read.
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { type ListenAddress, requireTlsBeyondLoopback } from './listen.ts';
import { type EdgeCode, refuseAtEdge, sendRefusal } from './refusal.ts';
import type { AuthenticationClass, Surroundings } from './route.ts';
import { routes } from './routes.ts';
import type { Services } from './services.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    authentication?: AuthenticationClass;
  }
}

export interface HttpOptions {
  listen: ListenAddress;
  /** PEM texts. Without them only loopback is served. */
  tls?: { cert: string; key: string };
  services: Services;
  log: Logger;
  /** Requests under way, parked polls not counted; 12,000 if it is not given. */
  mostRequests?: number;
  /** 20,000 if it is not given. */
  mostConnections?: number;
}

export interface HttpServer {
  /** `http://127.0.0.1:7480`, with the port that it really has. */
  url: string;
  /** Answers what is parked, lets the rest finish within 10 s, then cuts it. */
  close(): Promise<void>;
}

const closeMs = 10_000;
const sweepMs = 50;
/** An answer of which nothing is taken for so long is given up. */
const stuckMs = 20_000;
const keepAliveMs = 75_000;

/** Serves until it is closed. Throws if the address is not allowed, or taken. */
export async function openHttp(options: HttpOptions): Promise<HttpServer> {
  const { listen, tls, services, log, mostRequests = 12_000, mostConnections = 20_000 } = options;
  requireTlsBeyondLoopback(listen, tls !== undefined);
  const closing = new AbortController();
  const app = makeApp(tls);
  app.server.maxConnections = mostConnections;
  const underWay = limitRequests(app, mostRequests, services);
  refuseInOneForm(app, log);
  registerRoutes(app, services, { closing: closing.signal, log });
  const url = await app.listen(listen);
  return { url, close: () => close(app, services, closing, underWay) };
}

/** Every route of the table. Throws for one without an authentication class. */
export function registerRoutes(app: FastifyInstance, services: Services, surroundings: Surroundings): void {
  app.addHook('onRoute', ({ url, config }) => {
    if (config?.authentication === undefined) throw new Error(`the route ${url} has no authentication class`);
  });
  for (const { method, path, authentication, bodyLimit, atOnce, refuseEarly, handler } of routes) {
    const mayEnter = atOnce === undefined ? () => true : countAnswers(atOnce);
    app.route({
      method,
      url: path,
      bodyLimit,
      exposeHeadRoute: false,
      config: { authentication },
      onRequest(request, reply, next) {
        const refused = refuseEarly?.(services, request.raw.headers, request.ip);
        if (refused !== undefined) void sendRefusal(reply, refused);
        else if (mayEnter(reply.raw)) next();
        else void sendRefusal(reply, refuseAtEdge('Overloaded', { retryAfterSeconds: 1 }));
      },
      handler: handler(services, surroundings),
    });
  }
}

function makeApp(tls: HttpOptions['tls']): FastifyInstance {
  const limits = { maxHeaderSize: 8192, headersTimeout: 10_000, connectionsCheckingInterval: 5000 };
  const common = {
    logger: false,
    // Of a parked poll the request is long over: this is the time to send one.
    requestTimeout: 30_000,
    keepAliveTimeout: keepAliveMs,
    connectionTimeout: 0,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 256 },
    frameworkErrors: (_error: unknown, _request: FastifyRequest, reply: FastifyReply) => {
      void sendRefusal(reply, refuseAtEdge('RouteUnknown'));
    },
    clientErrorHandler: (_error: Error, socket: Socket) => refuseSocket(socket),
  } as const;
  const app: FastifyInstance =
    tls === undefined
      ? Fastify({ ...common, http: limits })
      : Fastify({ ...common, https: { ...limits, ...tls, minVersion: 'TLSv1.2' } });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    done(null, body);
  });
  return app;
}

/** The function says how many requests are under way. */
function limitRequests(app: FastifyInstance, most: number, { dispatch }: Services): () => number {
  let underWay = 0;
  const over = () => {
    underWay -= 1;
  };
  app.addHook('onRequest', (_request, reply, next) => {
    underWay += 1;
    // Once for each, whether it was answered or the caller is gone.
    reply.raw.on('close', over);
    if (underWay - dispatch.parkedPolls() <= most) next();
    else void sendRefusal(reply, refuseAtEdge('Overloaded', { retryAfterSeconds: 5 }));
  });
  return () => underWay;
}

/** Lets so many in at once. An answer that nobody takes does not keep its place. */
function countAnswers(most: number): (answer: ServerResponse) => boolean {
  let underWay = 0;
  return (answer) => {
    if (underWay >= most) return false;
    underWay += 1;
    answer.on('close', () => {
      underWay -= 1;
    });
    answer.setTimeout(stuckMs, () => answer.destroy());
    return true;
  };
}

const codesOfFastify: Readonly<Record<string, EdgeCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'BodyTooLarge',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'MediaTypeUnsupported',
};

function refuseInOneForm(app: FastifyInstance, log: Logger): void {
  app.setNotFoundHandler((_request, reply) => sendRefusal(reply, refuseAtEdge('RouteUnknown')));
  app.setErrorHandler((error, request, reply) => {
    const { code, statusCode } = facts(error);
    const known = codesOfFastify[code];
    if (known !== undefined) return sendRefusal(reply, refuseAtEdge(known));
    if (statusCode >= 400 && statusCode < 500) return sendRefusal(reply, refuseAtEdge('BodyInvalid'));
    if (statusCode === 503) return sendRefusal(reply, refuseAtEdge('Closing', { retryAfterSeconds: 2 }));
    log.error({ err: error, route: request.routeOptions.url }, 'a request failed');
    return sendRefusal(reply, refuseAtEdge('Internal'));
  });
}

function facts(error: unknown): { code: string; statusCode: number } {
  if (!(error instanceof Error)) return { code: '', statusCode: 500 };
  return {
    code: 'code' in error && typeof error.code === 'string' ? error.code : '',
    statusCode: 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500,
  };
}

/** What is no HTTP gets an answer in the same form, and the connection ends. */
function refuseSocket(socket: Socket): void {
  if (!socket.writable) return void socket.destroy();
  const { code, message, hint } = refuseAtEdge('BodyInvalid', { message: 'This is no valid HTTP/1.1.' });
  const body = JSON.stringify({ code, message, hint });
  socket.end(
    `HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

async function close(
  app: FastifyInstance,
  { dispatch }: Services,
  closing: AbortController,
  underWay: () => number,
): Promise<void> {
  closing.abort();
  dispatch.close();
  const server: Server = app.server;
  // Connections become idle when their answer is sent; some never had a request and are not idle for Node.
  const sweep = setInterval(() => {
    if (underWay() === 0) server.closeAllConnections();
    else server.closeIdleConnections();
  }, sweepMs);
  const cut = setTimeout(() => server.closeAllConnections(), closeMs);
  try {
    await app.close();
  } finally {
    clearInterval(sweep);
    clearTimeout(cut);
  }
}
