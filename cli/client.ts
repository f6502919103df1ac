// The HTTP API as the command line uses it. Every failure is a Failure with a hint; nothing is retried.
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Refusal } from '../schemas/generated/wire.ts';
import type { Connection } from './connection.ts';
import { Failure } from './failure.ts';

export type Query = Readonly<Record<string, string | undefined>>;

/** GET; the JSON of the answer. The caller says what shape the route answers with. */
export async function get<T>(connection: Connection, path: string, query: Query = {}): Promise<T> {
  return await json<T>(connection, await send(connection, 'GET', path, query));
}

/** POST with a JSON body; the JSON of the answer. */
export async function post<T>(connection: Connection, path: string, body: object): Promise<T> {
  return await json<T>(connection, await send(connection, 'POST', path, {}, body));
}

/** DELETE; what it answers does not matter. */
export async function remove(connection: Connection, path: string): Promise<void> {
  const answer = await send(connection, 'DELETE', path, {});
  await text(answer);
}

/** GET of application/x-ndjson, value by value as they arrive. Ends with the answer; throws if it breaks off. */
export async function* stream<T>(connection: Connection, path: string, query: Query): AsyncGenerator<T> {
  const answer = await send(connection, 'GET', path, query);
  answer.setEncoding('utf8');
  let rest = '';
  try {
    for await (const chunk of answer) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.trim() !== '') yield parsed<T>(connection, line);
    }
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure('the controller broke off in the middle of its answer', 'Run the same command again.');
  } finally {
    answer.destroy();
  }
  if (rest.trim() !== '') yield parsed<T>(connection, rest);
}

/** Path of the API with each part escaped: `at('invocations', name, 'logs')`. */
export function at(...parts: readonly string[]): string {
  return `/v1/${parts.map(encodeURIComponent).join('/')}`;
}

async function send(
  connection: Connection,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  query: Query,
  body?: object,
): Promise<IncomingMessage> {
  const url = new URL(path, connection.url);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  const payload = body === undefined ? undefined : JSON.stringify(body);
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent: ClientRequest = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
      method,
      agent: false,
      headers: {
        accept: 'application/json, application/x-ndjson',
        ...(connection.token === undefined ? {} : { authorization: `Bearer ${connection.token}` }),
        ...(payload === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
      },
      ...(connection.ca === undefined ? {} : { ca: connection.ca }),
    });
    sent.on('response', resolve);
    sent.on('error', (error) => reject(unreachable(connection, error)));
    sent.end(payload);
  });
  const status = answer.statusCode ?? 0;
  if (status >= 200 && status < 300) return answer;
  throw refused(connection, status, await text(answer));
}

async function json<T>(connection: Connection, answer: IncomingMessage): Promise<T> {
  return parsed<T>(connection, await text(answer));
}

function parsed<T>(connection: Connection, body: string): T {
  try {
    return JSON.parse(body);
  } catch {
    throw notOurs(connection, 'is not JSON');
  }
}

async function text(answer: IncomingMessage): Promise<string> {
  answer.setEncoding('utf8');
  let body = '';
  for await (const chunk of answer) body += chunk;
  return body;
}

function refused(connection: Connection, status: number, body: string): Failure {
  if (status === 401 || status === 403) return unauthorized(connection, status);
  let refusal: Partial<Refusal> | null;
  try {
    refusal = JSON.parse(body);
  } catch {
    return notOurs(connection, `has the status ${status} and is not JSON`);
  }
  if (typeof refusal?.message !== 'string')
    return notOurs(connection, `has the status ${status} and no message`);
  return new Failure(refusal.message, refusal.hint ?? '');
}

function unauthorized(connection: Connection, status: number): Failure {
  const found = 'The controller writes its first operator token to DATA/operator-token.';
  return connection.token === undefined
    ? new Failure(
        `the controller at ${connection.url.origin} wants an operator token`,
        `Give it with --token-file FILE or in GROUNDCREW_TOKEN. ${found}`,
      )
    : new Failure(
        `the controller at ${connection.url.origin} does not take this token (${status})`,
        `Is it another controller's? ${found}`,
      );
}

function notOurs(connection: Connection, what: string): Failure {
  return new Failure(
    `what ${connection.url.origin} answers ${what}: it is not a groundcrew controller`,
    'Give the address of yours with --controller or GROUNDCREW_CONTROLLER.',
  );
}

function unreachable(connection: Connection, error: Error & { code?: string }): Failure {
  const { origin, protocol } = connection.url;
  const code = error.code ?? '';
  if (code === 'ECONNREFUSED')
    return new Failure(
      `nothing listens at ${origin}`,
      'Start it with `groundcrew controller` (or `groundcrew up`), or give another address with --controller or GROUNDCREW_CONTROLLER.',
    );
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return new Failure(
      `the host of ${origin} is not known`,
      'Check the address in --controller or GROUNDCREW_CONTROLLER.',
    );
  if (protocol === 'https:' && /CERT|SIGNED|ALTNAME|VERIFY/.test(code))
    return new Failure(
      `the certificate of ${origin} is not trusted: ${error.message}`,
      'Give the authority that signed it with --ca-file or GROUNDCREW_CA_FILE.',
    );
  if (/^HPE_|EPROTO|ECONNRESET|WRONG_VERSION/.test(code))
    return new Failure(
      `${origin} does not speak ${protocol.slice(0, -1)}: ${error.message}`,
      `Is it a controller, and is it ${protocol === 'http:' ? 'https' : 'http'}://?`,
    );
  return new Failure(`${origin} cannot be reached: ${error.message}`, 'Check the address and the network.');
}
