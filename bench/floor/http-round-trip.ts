import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';

export interface Echo {
  /** One POST of 1 kB and its answer, over a connection that is open. */
  roundTrip(): Promise<void>;
  close(): Promise<void>;
}

/** A bare node:http server and its client, in one process. */
export async function echo(): Promise<Echo> {
  const server = createServer((incoming, answer) => {
    incoming.resume().once('end', () => answer.end('{}'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const body = JSON.stringify({ text: 'x'.repeat(1000) });
  return {
    async roundTrip() {
      const call = request({ port: address.port, host: '127.0.0.1', method: 'POST', agent });
      call.end(body);
      const [answer] = await once(call, 'response');
      answer.resume();
      await once(answer, 'end');
    },
    async close() {
      agent.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
