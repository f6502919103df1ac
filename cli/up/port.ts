import { createServer } from 'node:net';

/** The first of the wished ports that is free on loopback, else any free one. */
export async function freePort(wished: readonly number[]): Promise<number> {
  for (const port of wished) if ((await tryPort(port)) !== undefined) return port;
  const any = await tryPort(0);
  if (any === undefined) throw new Error('no port of 127.0.0.1 is free');
  return any;
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined));
    });
  });
}
