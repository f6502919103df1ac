import { createServer, type RequestListener } from 'node:http';
import { createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { at, get, post, stream } from './client.ts';
import { type Connection, connectionOf } from './connection.ts';
import { Failure } from './failure.ts';

const servers: { close(): unknown }[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

function serve(answer: RequestListener): Promise<Connection> {
  return listening(createServer(answer));
}

function listening(server: TcpServer): Promise<Connection> {
  servers.push(server);
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      resolve({ url: new URL(`http://127.0.0.1:${port}`), token: 'secret' });
    }),
  );
}

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof Failure) return error;
  throw new Error(`not a Failure: ${String(error)}`);
}

test('a request carries the token, an escaped name and the query', async () => {
  const connection = await serve((request, response) => {
    response.end(JSON.stringify({ url: request.url, token: request.headers.authorization }));
  });
  expect(
    await get(connection, at('invocations', 'a/b c'), { state: 'Running', instance: undefined }),
  ).toEqual({
    url: '/v1/invocations/a%2Fb%20c?state=Running',
    token: 'Bearer secret',
  });
});

test('a body is sent as JSON', async () => {
  const connection = await serve((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => response.end(JSON.stringify({ body, type: request.headers['content-type'] })));
  });
  expect(await post(connection, '/v1/acks', { hold: 'ü' })).toEqual({
    body: '{"hold":"ü"}',
    type: 'application/json',
  });
});

test('where nothing listens the hint says how to start one', async () => {
  const connection = await serve(() => undefined);
  for (const server of servers.splice(0)) await new Promise((resolve) => resolve(server.close()));
  const { message, hint } = await failureOf(get(connection, '/v1/status'));
  expect(message).toContain('nothing listens at http://127.0.0.1:');
  expect(hint).toContain('groundcrew controller');
});

test('a missing token and a wrong one are told apart', async () => {
  const connection = await serve((_, response) => response.writeHead(401).end('{}'));
  expect((await failureOf(get(connection, '/v1/status'))).message).toContain('does not take this token');
  const without = await failureOf(get({ url: connection.url }, '/v1/status'));
  expect(without.message).toContain('wants an operator token');
  expect(without.hint).toContain('GROUNDCREW_TOKEN');
});

test("a refusal is passed on in the controller's own words", async () => {
  const refusal = { code: 'NotFound', message: 'there is no invocation x', hint: 'look' };
  const connection = await serve((_, response) => response.writeHead(404).end(JSON.stringify(refusal)));
  expect(await failureOf(get(connection, '/v1/invocations/x'))).toMatchObject({
    message: 'there is no invocation x',
    hint: 'look',
    code: 1,
  });
});

test.each([
  [200, '<html>hello</html>'],
  [502, '<html>bad gateway</html>'],
  [404, '{"other": true}'],
  [500, 'null'],
])('an answer %i %j is from no controller', async (status, body) => {
  const connection = await serve((_, response) => response.writeHead(status).end(body));
  expect((await failureOf(get(connection, '/v1/status'))).message).toContain('not a groundcrew controller');
});

test('something that does not speak HTTP is named', async () => {
  const connection = await listening(createTcpServer((socket) => socket.end('SSH-2.0-OpenSSH_9\r\n')));
  expect((await failureOf(get(connection, '/v1/status'))).message).toContain('does not speak http');
});

test('a stream gives value by value, also when a line comes in pieces', async () => {
  const connection = await serve((_, response) => {
    response.write('{"a":1}\n{"a"');
    setTimeout(() => response.end(':2}\n\n{"a":3}'), 20);
  });
  const values: unknown[] = [];
  for await (const value of stream(connection, '/v1/x', {})) values.push(value);
  expect(values).toEqual([{ a: 1 }, { a: 2 }, { a: 3 }]);
});

test('a stream that breaks off is not taken for one that ended', async () => {
  const connection = await serve((_, response) => {
    response.write('{"a":1}\n');
    setTimeout(() => response.destroy(), 20);
  });
  const values: unknown[] = [];
  const reading = (async () => {
    for await (const value of stream(connection, '/v1/x', {})) values.push(value);
  })();
  expect((await failureOf(reading)).message).toContain('broke off');
  expect(values).toEqual([{ a: 1 }]);
});

test.each(['ftp://x', 'localhost:7480', 'http://me:pw@127.0.0.1:7480', 'fleet'])(
  'the address %j is refused without repeating it',
  (controller) => {
    expect(() => connectionOf({ controller }, {})).toThrow(/not an http or https URL/);
  },
);

test('the token does not leave the machine in the clear', () => {
  expect(() => connectionOf({ controller: 'http://fleet.example.org' }, { GROUNDCREW_TOKEN: 't' })).toThrow(
    'not sent to fleet.example.org in the clear',
  );
  expect(
    connectionOf({ controller: 'https://fleet.example.org' }, { GROUNDCREW_TOKEN: ' t\n' }),
  ).toMatchObject({
    token: 't',
  });
});
