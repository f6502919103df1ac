// The one place that speaks HTTP, and the one place that reads from the network: an answer has a size limit and a
// deadline. node:http and node:https only; fetch costs twenty times their CPU while a poll is parked.
import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders, RequestOptions } from 'node:http';
import type { Halt } from '../halt.ts';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Throws when no whole answer came: refused, reset, too slow, too big, or aborted by the signal. */
export type Post = (
  path: string,
  headers: Record<string, string>,
  body: string,
  limits: { timeoutMs: number; signal: Halt },
) => Promise<Answer>;

export interface Line {
  post: Post;
  close(): void;
}

const biggestAnswer = 64 * 1024 * 1024;

/** Kept-alive connections to one controller. */
export async function openLine(controller: URL, caFile?: string): Promise<Line> {
  const secure = controller.protocol === 'https:';
  // Only one of them is loaded: each costs memory.
  const { Agent, request } = secure ? await import('node:https') : await import('node:http');
  const ca = secure && caFile !== undefined ? { ca: readFileSync(caFile) } : {};
  const agent = new Agent({
    keepAlive: true,
    maxSockets: 4,
    ...(secure ? { rejectUnauthorized: true, ...ca } : {}),
  });
  const base = controller.pathname.replace(/\/$/, '');
  const post: Post = (path, headers, body, { timeoutMs, signal }) =>
    new Promise((resolve, reject) => {
      const options: RequestOptions = {
        agent,
        method: 'POST',
        protocol: controller.protocol,
        hostname: controller.hostname.replace(/^\[|\]$/g, ''),
        port: controller.port,
        path: `${base}${path}`,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          ...headers,
        },
      };
      const sent = request(options, (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > biggestAnswer) sent.destroy(new Error('the answer is too big'));
          chunks.push(chunk);
        });
        response.on('end', () => {
          if (!response.complete) return fail(new Error('the answer was cut off'));
          done();
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString('utf8'),
          });
        });
        response.on('error', fail);
        response.on('aborted', () => fail(new Error('the answer was cut off')));
      });
      const stop = () => sent.destroy(new Error('aborted'));
      const leave = signal.listen(stop);
      const timer = setTimeout(() => sent.destroy(new Error('no answer in time')), timeoutMs);
      function done(): void {
        clearTimeout(timer);
        leave();
      }
      function fail(error: Error): void {
        done();
        reject(error);
      }
      sent.on('error', fail);
      if (signal.asked) stop();
      sent.end(body);
    });
  return { post, close: () => agent.destroy() };
}
