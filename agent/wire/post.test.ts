import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { selfSigned } from '../../test/support/certificate.ts';
import { makeHalt } from '../halt.ts';
import { type Line, openLine } from './post.ts';

let folder: string;
let server: Server;
let url: URL;
let answer: RequestListener = () => {};
const lines: Line[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'groundcrew-post-'));
  const { cert, key } = selfSigned();
  writeFileSync(join(folder, 'ca.pem'), cert);
  server = createServer({ cert, key }, (request, response) => answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  url = new URL(`https://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/base/`);
});

afterEach(async () => {
  for (const line of lines.splice(0)) line.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

async function post(limits: { timeoutMs?: number; halt?: ReturnType<typeof makeHalt>; ca?: boolean } = {}) {
  const line = await openLine(url, limits.ca === false ? undefined : join(folder, 'ca.pem'));
  lines.push(line);
  return line.post('/v1/x', {}, '{"a":"ü"}', {
    timeoutMs: limits.timeoutMs ?? 5000,
    signal: limits.halt ?? makeHalt(),
  });
}

test('a controller whose authority is given is spoken to over TLS, under its base path', async () => {
  answer = (request, response) => {
    request.on('data', (chunk: Buffer) => response.end(`${request.url} ${chunk.toString()}`));
  };
  expect(await post()).toMatchObject({ status: 200, body: '/base/v1/x {"a":"ü"}' });
});

test('a certificate that nobody vouches for is refused before anything is said', async () => {
  let asked = false;
  answer = () => {
    asked = true;
  };
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  try {
    await expect(post({ ca: false })).rejects.toThrow(/self-signed/);
  } finally {
    delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  }
  expect(asked).toBe(false);
});

test('an answer that is cut off is no answer', async () => {
  answer = (_, response) => {
    response.writeHead(200, { 'content-length': 100 });
    response.write('half');
    setTimeout(() => response.destroy(), 20);
  };
  await expect(post()).rejects.toThrow(/cut off|aborted|socket/);
});

test('a wait for an answer ends at its deadline, and when it is given up', async () => {
  answer = () => {};
  await expect(post({ timeoutMs: 50 })).rejects.toThrow('in time');
  const halt = makeHalt();
  setTimeout(() => halt.ask(), 50);
  await expect(post({ halt })).rejects.toThrow('aborted');
});
