import { readFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type GitAccess, readCredentials } from './access.ts';

/**
 * Seconds that the server wants us to wait, or undefined. git says "error: 429" and keeps the header to itself,
 * so it is asked for with one small request of our own. Never rejects. `now` is in milliseconds since 1970.
 */
export async function askRetryAfter(access: GitAccess, now: () => number): Promise<number | undefined> {
  const { address } = access;
  if (address.is !== 'https' && address.is !== 'http') return undefined;
  try {
    const { authorization } = await readCredentials(access);
    const ca = access.caFile === undefined ? undefined : await readFile(access.caFile);
    const header = await readHeader(`${address.url.replace(/\/$/, '')}/info/refs?service=git-upload-pack`, {
      ...(authorization === undefined ? {} : { headers: { authorization } }),
      ...(ca === undefined ? {} : { ca }),
    });
    return header === undefined ? undefined : parseRetryAfter(header, now());
  } catch {
    return undefined;
  }
}

/** RFC 9110, 10.2.3: seconds, or a date. */
export function parseRetryAfter(header: string, now: number): number | undefined {
  const text = header.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - now) / 1000));
}

interface RequestOptions {
  headers?: Record<string, string>;
  ca?: Buffer;
}

async function readHeader(url: string, options: RequestOptions): Promise<string | undefined> {
  return await new Promise((resolve, reject) => {
    const start = url.startsWith('https:') ? httpsRequest : httpRequest;
    const asked = start(url, { ...options, agent: false, timeout: 10_000 }, (answer) => {
      resolve(answer.headers['retry-after']);
      asked.destroy();
    });
    asked.on('timeout', () => asked.destroy(new Error('no answer')));
    asked.on('error', reject);
    asked.end();
  });
}
