import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect } from 'node:net';
import Fastify from 'fastify';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { schema } from '../../schemas/validator.ts';
import type { AgentClient } from '../../test/support/agent-client.ts';
import { accept, type Edge, openEdge, sourceReady } from '../../test/support/edge.ts';
import { readListenAddress, requireTlsBeyondLoopback } from './listen.ts';
import { openMetrics } from './metrics.ts';
import { routes } from './routes.ts';
import { registerRoutes } from './server.ts';

let edge: Edge;
beforeEach(async () => {
  edge = await openEdge();
});
afterEach(() => edge.close());

// Written down apart from the table: a change of either has to be meant.
const expected = `
GET /healthz none
GET /readyz none
GET /metrics none
POST /v1/agent/challenge none
POST /v1/agent/enrol enrolment
POST /v1/agent/session signature
POST /v1/agent/poll session
POST /v1/agent/report session
POST /v1/agent/blob session
GET /v1/status operator
GET /v1/commands operator
GET /v1/commands/:name operator
GET /v1/commands/:name/history operator
GET /v1/scripts/:name operator
GET /v1/invocations operator
GET /v1/invocations/:name operator
GET /v1/invocations/:name/logs operator
POST /v1/invocations/:name/stop operator
GET /v1/instances operator
GET /v1/instances/:name operator
GET /v1/executions operator
GET /v1/executions/:name operator
POST /v1/reconcile operator
POST /v1/acks operator
GET /v1/enrolment-codes operator
POST /v1/enrolment-codes operator
DELETE /v1/enrolment-codes/:name operator
`
  .trim()
  .split('\n');

const isRefusal = schema('wire', 'refusal');

async function ask(method: string, path: string, headers: Record<string, string> = {}, body?: string) {
  const answer = await fetch(`${edge.server.url}${path.replace(':name', 'x')}`, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body }),
  });
  const text = await answer.text();
  if (!answer.ok && !isRefusal(JSON.parse(text))) throw new Error(`not a refusal: ${text}`);
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    code: answer.ok ? '' : JSON.parse(text).code,
  };
}

const bearer = () => ({ authorization: `Bearer ${edge.token}` });

test('the routes are these, each with its authentication class, and no others answer', async () => {
  expect(routes.map(({ method, path, authentication }) => `${method} ${path} ${authentication}`)).toEqual(
    expected,
  );
  for (const line of expected) {
    const [method = '', path = ''] = line.split(' ');
    for (const other of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      if (expected.some((known) => known.startsWith(`${other} ${path} `))) continue;
      expect([line, other, (await ask(other, path, bearer())).code]).toEqual([line, other, 'RouteUnknown']);
    }
    expect(method).not.toBe('');
  }
});

test('a route without an authentication class does not register', () => {
  const app = Fastify();
  const log = pino({ enabled: false });
  registerRoutes(app, edge.services, { closing: new AbortController().signal, log });
  expect(() => app.get('/v1/open', () => 'anything')).toThrow('has no authentication class');
});

test('every route refuses whoever has nothing, or the credentials of another class', async () => {
  let clock = Date.now();
  await edge.close();
  edge = await openEdge({ now: () => clock });
  const agent = await edge.enrolled();
  await agent.openAndHandOver();
  const { id = '', key = Buffer.alloc(0) } = agent.session ?? {};
  const ofSession = {
    'groundcrew-session': id,
    'groundcrew-sequence': '9',
    'groundcrew-seal': key.toString('base64'),
  };
  const refused = {
    none: [],
    enrolment: ['BodyInvalid'],
    signature: ['BodyInvalid'],
    session: ['SessionUnknown', 'SealWrong'],
    operator: ['TokenWrong'],
  };
  for (const { method, path, authentication } of routes) {
    if (authentication === 'none') continue;
    // Wrong tokens are counted.
    clock += 60_000;
    const body = method === 'POST' ? '{}' : undefined;
    const wrong: Record<string, string>[] = [
      {},
      { authorization: 'Bearer ' },
      { authorization: `Basic ${edge.token}` },
      { authorization: `Bearer ${edge.token}x` },
      ofSession,
    ];
    if (authentication !== 'operator') wrong.push(bearer());
    for (const headers of wrong) {
      const { status, code } = await ask(method, path, headers, body);
      expect(refused[authentication]).toContain(code);
      expect(status).toBe(authentication === 'enrolment' || authentication === 'signature' ? 400 : 401);
    }
  }
});

test('after five wrong tokens within a minute others have to wait, and the right one is served', async () => {
  let clock = Date.now();
  await edge.close();
  edge = await openEdge({ now: () => clock });
  const wrong = { authorization: 'Bearer guess' };
  // Who shows none does not guess.
  for (let n = 0; n < 6; n += 1) expect((await ask('GET', '/v1/status')).status).toBe(401);
  for (let n = 0; n < 5; n += 1) expect((await ask('GET', '/v1/status', wrong)).code).toBe('TokenWrong');
  const { status, code, headers } = await ask('POST', '/v1/reconcile', wrong);
  expect([status, code, headers.get('retry-after')]).toEqual([429, 'TooManyAttempts', '60']);
  expect((await ask('GET', '/v1/status', bearer())).status).toBe(200);
  clock += 60_000;
  expect((await ask('GET', '/v1/status', wrong)).status).toBe(401);
});

test('an operator with the token is served', async () => {
  for (const path of ['status', 'commands', 'invocations', 'instances', 'executions', 'enrolment-codes'])
    expect((await ask('GET', `/v1/${path}`, bearer())).status).toBe(200);
  expect((await ask('GET', '/v1/commands/x', bearer())).code).toBe('NotFound');
  expect((await ask('GET', '/v1/invocations/x/logs', bearer())).code).toBe('InvocationUnknown');
  expect((await ask('POST', '/v1/invocations/x/stop', bearer(), '{}')).code).toBe('InvocationUnknown');
  expect((await ask('POST', '/v1/reconcile', bearer())).status).toBe(200);
  expect((await ask('POST', '/v1/acks', bearer(), '{"hold": "h"}')).code).toBe('HoldUnknown');
  for (const query of ['state=Lost', 'phase=Lost', 'since=soon', 'order=best', 'limit=0', 'continue=x'])
    expect((await ask('GET', `/v1/executions?${query}`, bearer())).code).toBe('QueryInvalid');
  expect((await ask('GET', '/v1/invocations?limit=1001', bearer())).code).toBe('QueryInvalid');
  expect((await ask('GET', '/v1/executions?instance=nobody', bearer())).code).toBe('NotFound');
  expect((await ask('GET', '/v1/status?verbose=1', bearer())).code).toBe('QueryInvalid');
});

test('a code is made, shown once, listed without itself, and revoked', async () => {
  const made = await ask('POST', '/v1/enrolment-codes', bearer(), '{"uses": 3, "labels": {"tier": "db"}}');
  expect(made.status).toBe(201);
  const { id, code } = JSON.parse(made.text);
  expect(code).toMatch(/^[\w-]{22}\.[0-9a-f]{16}$/);
  const listed = await ask('GET', '/v1/enrolment-codes', bearer());
  expect(JSON.parse(listed.text)).toMatchObject({ items: [{ id, usesLeft: 3, labels: { tier: 'db' } }] });
  expect(listed.text).not.toContain(code);
  expect((await ask('DELETE', `/v1/enrolment-codes/${id}`, bearer())).status).toBe(200);
  expect((await ask('DELETE', `/v1/enrolment-codes/${id}`, bearer())).code).toBe('EnrolmentCodeUnknown');
});

test('the stop of an operator says in the record who asked', async () => {
  const agent = await edge.enrolled();
  const [execution = ''] = await accept(edge.ledger, 'a', [agent.instance]);
  const answer = await ask('POST', '/v1/invocations/a/stop', bearer(), '{"reason": "wrong disk"}');
  expect(JSON.parse(answer.text)).toEqual({ cancelled: 1, stopping: 0, ended: 0 });
  const stored = await edge.ledger.store.get('execution', execution);
  expect(stored?.state).toMatchObject({ stop: { by: 'operator', reason: 'wrong disk' } });
});

test('a stop names up to 10,000 instances, and a code is good for up to 10,000 machines and 30 days', async () => {
  const agent = await edge.enrolled();
  const [execution = ''] = await accept(edge.ledger, 'a', [agent.instance]);
  const stop = async (count: number) => {
    const instances = Array.from({ length: count }, () => agent.instance.padEnd(128, '-'));
    return (await ask('POST', '/v1/invocations/a/stop', bearer(), JSON.stringify({ instances }))).code;
  };
  expect(await stop(10_001)).toBe('BodyInvalid');
  // It was read, for the first of them is not known.
  expect(await stop(10_000)).toBe('TargetUnknown');
  expect(edge.ledger.live(execution)?.state.is).toBe('waiting');

  const code = async (body: object) =>
    (await ask('POST', '/v1/enrolment-codes', bearer(), JSON.stringify(body))).status;
  expect(await code({ uses: 10_000, validSeconds: 30 * 86_400 })).toBe(201);
  expect(await code({ uses: 10_001 })).toBe(400);
  expect(await code({ validSeconds: 30 * 86_400 + 1 })).toBe(400);
});

test('bodies of another type, too large, or none at all are refused in the same form', async () => {
  const text = { ...bearer(), 'content-type': 'text/plain' };
  const sent = await fetch(`${edge.server.url}/v1/acks`, { method: 'POST', headers: text, body: 'x' });
  expect([sent.status, JSON.parse(await sent.text()).code]).toEqual([415, 'MediaTypeUnsupported']);
  const large = JSON.stringify({ hold: 'x'.repeat(70_000) });
  expect((await ask('POST', '/v1/acks', bearer(), large)).code).toBe('BodyTooLarge');
  expect((await ask('POST', '/v1/acks', bearer(), '{"hold": "a", "__proto__": {}}')).code).toBe(
    'BodyInvalid',
  );
  expect((await ask('GET', '/v1/%E0%A4%A', bearer())).code).toBe('RouteUnknown');
});

test('who has no token and no session is refused before the body is sent', async () => {
  for (const path of ['/v1/acks', '/v1/agent/report']) {
    const head = `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 50000\r\n\r\n`;
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(edge.address.port, '127.0.0.1', () => socket.write(head));
      socket.once('data', (data) => {
        resolve(String(data));
        socket.destroy();
      });
      socket.on('error', reject);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
  }
});

test('what is no HTTP is answered and cut off', async () => {
  const answer = await new Promise<string>((resolve, reject) => {
    let text = '';
    const socket = connect(edge.address.port, '127.0.0.1', () => socket.write('nonsense\r\n\r\n'));
    socket.on('data', (data) => {
      text += data;
    });
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
});

test('a fault of ours tells the caller nothing and the log everything', async () => {
  await edge.close();
  const secret = 'the password is 1234';
  edge = await openEdge({
    services: {
      reconcile: () => {
        throw new Error(secret);
      },
    },
  });
  const { status, text } = await ask('POST', '/v1/reconcile', bearer());
  expect([status, text.includes(secret)]).toEqual([500, false]);
  expect(edge.logged.filter(({ level }) => level > 30)).toMatchObject([
    { msg: 'a request failed', route: '/v1/reconcile', err: { message: secret } },
  ]);
});

test('it is ready after the first pass, and alive before', async () => {
  await edge.close();
  let ready = false;
  edge = await openEdge({ services: { isReady: () => ready } });
  expect((await ask('GET', '/healthz')).status).toBe(200);
  const early = await ask('GET', '/readyz');
  expect([early.status, early.code, early.headers.get('retry-after')]).toEqual([503, 'NotReady', '2']);
  ready = true;
  expect((await ask('GET', '/readyz')).status).toBe(200);
});

test('metrics have the names of Prometheus’ conventions and follow what happens', async () => {
  await edge.close();
  const metrics = openMetrics({
    parkedPolls: () => 3,
    sessions: () => 2,
    instances: () => 1,
    problems: () => 0,
    holds: () => 0,
  });
  edge = await openEdge({
    services: { metrics: metrics.text },
    dispatch: { counted: { offers: metrics.offered } },
  });
  const unfollow = metrics.follow(edge.ledger);
  const agent = await edge.enrolled();
  await agent.openAndHandOver();
  await accept(edge.ledger, 'a', [agent.instance]);
  await agent.poll();
  await accept(edge.ledger, 'b', [agent.instance]);
  await edge.dispatch.stop('b', {}, 'alice');
  metrics.passEnded('changed', 0.01);
  unfollow();
  const { text, headers } = await ask('GET', '/metrics');
  expect(headers.get('content-type')).toContain('text/plain; version=0.0.4');
  for (const line of [
    'groundcrew_offers_total 1',
    'groundcrew_executions_ended_total{phase="Cancelled"} 1',
    'groundcrew_executions_ended_total{phase="Success"} 0',
    'groundcrew_parked_polls 3',
    'groundcrew_passes_total{result="changed"} 1',
  ])
    expect(text.split('\n')).toContain(line);
  expect(text).toContain('process_cpu_seconds_total');
  expect(text).toMatch(/groundcrew_pass_duration_seconds_bucket\{le="0.02"\} 1/);
});

test('above its limit it refuses with Retry-After; parked polls do not count', async () => {
  await edge.close();
  let release = () => {};
  const waits = new Promise<void>((resolve) => {
    release = resolve;
  });
  edge = await openEdge({
    http: { mostRequests: 2 },
    services: {
      reconcile: async () => {
        await waits;
        return { source: sourceReady, steps: [], problems: 0, holds: [] };
      },
    },
  });
  const agents: AgentClient[] = [];
  for (let n = 0; n < 5; n += 1) agents.push(await edge.enrolled());
  for (const agent of agents) await agent.openAndHandOver();
  const polls = agents.map((agent) => agent.poll());
  await expect.poll(() => edge.dispatch.parkedPolls()).toBe(5);
  const slow = [ask('POST', '/v1/reconcile', bearer()), ask('POST', '/v1/reconcile', bearer())];
  await expect.poll(async () => (await ask('GET', '/healthz')).code).toBe('Overloaded');
  expect((await ask('GET', '/healthz')).headers.get('retry-after')).toBe('5');
  release();
  expect((await Promise.all(slow)).map(({ status }) => status)).toEqual([200, 200]);
  await expect.poll(async () => (await ask('GET', '/healthz')).status).toBe(200);
  edge.dispatch.close();
  expect((await Promise.all(polls)).every(({ orders }) => orders.length === 0)).toBe(true);
});

test('a controller that closes answers what is parked at once', async () => {
  const agent = await edge.enrolled();
  await agent.openAndHandOver();
  const poll = agent.poll();
  await expect.poll(() => edge.dispatch.parkedPolls()).toBe(1);
  const began = performance.now();
  await edge.server.close();
  expect(await poll).toMatchObject({ orders: [] });
  expect(performance.now() - began).toBeLessThan(5000);
});

test('without TLS it serves loopback only', () => {
  for (const host of ['0.0.0.0', '::', '10.0.0.1', 'example.org', '128.0.0.1']) {
    expect(() => requireTlsBeyondLoopback({ host, port: 1 }, false)).toThrow('--tls-cert');
    expect(() => requireTlsBeyondLoopback({ host, port: 1 }, true)).not.toThrow();
  }
  for (const host of ['127.0.0.1', '127.9.9.9', '::1', 'localhost'])
    expect(() => requireTlsBeyondLoopback({ host, port: 1 }, false)).not.toThrow();
  expect(readListenAddress('[::1]:80')).toEqual({ host: '::1', port: 80 });
  expect(readListenAddress('127.0.0.1:7480')).toEqual({ host: '127.0.0.1', port: 7480 });
  for (const wrong of ['7480', ':80', 'a:b', 'a:99999', '::1:80'])
    expect(readListenAddress(wrong)).toBeUndefined();
});

test('with a certificate it serves TLS 1.2 and later, and nothing in the clear', async () => {
  await edge.close();
  const pem = (name: string) => readFileSync(new URL(`../../test/support/${name}`, import.meta.url), 'utf8');
  const tls = { cert: pem('localhost-cert.pem'), key: pem('localhost-key.pem') };
  edge = await openEdge({ http: { tls } });
  expect(edge.server.url).toMatch(/^https:/);
  const statusOver = (maxVersion: 'TLSv1.1' | 'TLSv1.3') =>
    new Promise<number | undefined>((resolve, reject) => {
      const options = {
        ca: tls.cert,
        minVersion: 'TLSv1' as const,
        maxVersion,
        ciphers: 'DEFAULT@SECLEVEL=0',
        agent: false as const,
      };
      const sent = request(`${edge.server.url}/healthz`, options, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      sent.on('error', reject);
      sent.end();
    });
  expect(await statusOver('TLSv1.3')).toBe(200);
  await expect(statusOver('TLSv1.1')).rejects.toThrow(/protocol|version|EPROTO/i);
  await expect(fetch(`http://127.0.0.1:${edge.address.port}/healthz`)).rejects.toThrow('fetch failed');
});

test('who asks for a change is in the log; codes and tokens are not', async () => {
  const made = await ask('POST', '/v1/enrolment-codes', bearer(), '{}');
  expect(edge.logged).toMatchObject([{ by: 'operator', method: 'POST', path: '/v1/enrolment-codes' }]);
  const text = JSON.stringify(edge.logged);
  expect(text).not.toContain(JSON.parse(made.text).code);
  expect(text).not.toContain(edge.token);
});
