// What is served while the controller may not begin yet: that it lives, and that it is not ready. Whoever watches
// it must not take it for dead, and agents and people are told to come back.

import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type ListenAddress, requireTlsBeyondLoopback } from './listen.ts';

export interface Waiting {
  /** Ends it; the address is free then. */
  close(): Promise<void>;
}

const body = JSON.stringify({
  code: 'NotReady',
  message: 'The controller is starting: it does not know yet what has run.',
  hint: 'Its log says what it waits for. Try again.',
});

const answer: RequestListener = (request, response) => {
  request.resume();
  if (request.url === '/healthz') return void response.writeHead(200).end('ok\n');
  response.writeHead(503, { 'content-type': 'application/json', 'retry-after': '5' }).end(body);
};

/** Serves until it is closed. Throws if the address is not allowed, or taken. */
export async function serveWaiting(
  listen: ListenAddress,
  tls: { cert: string; key: string } | undefined,
): Promise<Waiting> {
  requireTlsBeyondLoopback(listen, tls !== undefined);
  const server =
    tls === undefined ? createServer(answer) : createTlsServer({ ...tls, minVersion: 'TLSv1.2' }, answer);
  server.listen(listen.port, listen.host);
  await once(server, 'listening');
  return {
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
