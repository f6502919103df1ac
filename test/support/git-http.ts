// A real smart-HTTP Git server: git http-backend behind node:http or node:https, on 127.0.0.1, with a token, and
// with ways to be slow, to fail and to ask for patience.
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { Certificate } from './certificate.ts';
import { bareRepository, type ScratchRepository, scratchEnvironment } from './git.ts';

export interface GitHttpOptions {
  /** Folder that holds the served repositories. */
  root: string;
  /** Password that is asked for; any user name does. Without it everybody may read and write. */
  token?: string;
  tls?: Certificate;
  /** 0 is any. */
  port?: number;
}

export interface GitHttpServer {
  port: number;
  /** Makes an empty bare repository that is served at `url(name)`. */
  repository(name: string): ScratchRepository;
  url(name: string): string;
  /** `GET /name.git/info/refs?…`, as they came. */
  requests: string[];
  /** Most requests that were under way at the same time. */
  readonly busiest: number;
  /** Can be changed while it runs; each request reads it when it comes. */
  behaviour: { delayMs: number; fail?: { status: number; retryAfter?: string } };
  /** The token that is valid now. */
  token: string | undefined;
  close(): Promise<void>;
}

export async function startGitHttp(options: GitHttpOptions): Promise<GitHttpServer> {
  const sockets = new Set<Socket>();
  const children = new Set<ChildProcess>();
  let underWay = 0;
  let busiest = 0;
  const requests: string[] = [];
  let behaviour: GitHttpServer['behaviour'] = { delayMs: 0 };
  let { token } = options;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    requests.push(`${request.method} ${request.url}`);
    underWay += 1;
    busiest = Math.max(busiest, underWay);
    response.on('close', () => {
      underWay -= 1;
    });
    const { delayMs, fail } = behaviour;
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    if (fail !== undefined) {
      const patience = fail.retryAfter === undefined ? {} : { 'retry-after': fail.retryAfter };
      response.writeHead(fail.status, patience).end('not now');
    } else if (!mayEnter(request, token)) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end('who are you?');
    } else {
      children.add(passOn(request, response, options.root));
    }
  };
  const onRequest = (request: IncomingMessage, response: ServerResponse): void =>
    void answer(request, response);
  const server =
    options.tls === undefined ? createServer(onRequest) : createTlsServer(options.tls, onRequest);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    port,
    requests,
    get busiest() {
      return busiest;
    },
    get behaviour() {
      return behaviour;
    },
    set behaviour(wanted) {
      behaviour = wanted;
    },
    get token() {
      return token;
    },
    set token(wanted) {
      token = wanted;
    },
    url: (name: string) => `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}/${name}.git`,
    repository(name: string) {
      const repository = bareRepository(join(options.root, `${name}.git`));
      repository.git('config', 'http.receivepack', 'true');
      return repository;
    },
    async close() {
      for (const child of children) child.kill('SIGKILL');
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function mayEnter(request: IncomingMessage, token: string | undefined): boolean {
  if (token === undefined) return true;
  const [kind, value = ''] = (request.headers.authorization ?? '').split(' ');
  return (
    kind === 'Basic' &&
    Buffer.from(value, 'base64')
      .toString()
      .replace(/^[^:]*:/, '') === token
  );
}

/** CGI: the request's body goes in; a header block and a body come out. */
function passOn(request: IncomingMessage, response: ServerResponse, root: string): ChildProcess {
  const [path = '', query = ''] = (request.url ?? '').split('?');
  const header = (name: string): string => String(request.headers[name] ?? '');
  const backend = spawn('git', ['http-backend'], {
    env: {
      ...scratchEnvironment(),
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_PROTOCOL: header('git-protocol'),
      REQUEST_METHOD: request.method ?? 'GET',
      PATH_INFO: decodeURIComponent(path),
      QUERY_STRING: query,
      CONTENT_TYPE: header('content-type'),
      CONTENT_LENGTH: header('content-length'),
      HTTP_CONTENT_ENCODING: header('content-encoding'),
      REMOTE_ADDR: '127.0.0.1',
      REMOTE_USER: 'tester',
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  backend.stdin.on('error', () => undefined);
  request.pipe(backend.stdin);
  let head = Buffer.alloc(0);
  let begun = false;
  backend.stdout.on('data', (chunk: Buffer) => {
    if (begun) {
      response.write(chunk);
      return;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end === -1) return;
    begun = true;
    const fields = head
      .subarray(0, end)
      .toString()
      .split('\r\n')
      .map((line) => line.split(/:\s*/, 2));
    const status = Number.parseInt(fields.find(([name]) => name === 'Status')?.[1] ?? '200', 10);
    for (const [name = '', value = ''] of fields) if (name !== 'Status') response.setHeader(name, value);
    response.writeHead(status);
    response.write(head.subarray(end + 4));
  });
  backend.on('close', () => response.end());
  return backend;
}
