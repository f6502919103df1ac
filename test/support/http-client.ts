// A small HTTP/1.1 client on bare sockets: keep-alive, one request at a time on each, answers with a length only.
// It costs little enough that one process can play ten thousand agents.
import { connect, type Socket } from 'node:net';

export interface HttpAnswer {
  status: number;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  body: string;
}

export interface HttpClient {
  post(path: string, headers: Readonly<Record<string, string>>, body: string): Promise<HttpAnswer>;
  /** Breaks every connection, also those that wait for an answer. */
  close(): void;
}

/** Uses as many connections as there are requests at the same time. */
export function httpClient(host: string, port: number): HttpClient {
  const idle: Connection[] = [];
  const all = new Set<Connection>();
  return {
    async post(path, headers, body) {
      const connection = idle.pop() ?? (await open(host, port, all));
      let text = `POST ${path} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`;
      for (const name in headers) text += `${name}: ${headers[name]}\r\n`;
      const answer = await exchange(connection, `${text}\r\n${body}`);
      if (answer.headers.connection !== 'close') idle.push(connection);
      return answer;
    },
    close() {
      for (const { socket } of all) socket.destroy();
    },
  };
}

interface Connection {
  socket: Socket;
  received: string;
  waiting: { resolve: (answer: HttpAnswer) => void; reject: (error: Error) => void } | undefined;
}

function open(host: string, port: number, all: Set<Connection>): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true });
    const connection: Connection = { socket, received: '', waiting: undefined };
    all.add(connection);
    socket.setEncoding('latin1');
    socket.once('connect', () => resolve(connection));
    socket.on('error', reject);
    socket.on('data', (data: string) => {
      connection.received += data;
      answerIfWhole(connection);
    });
    socket.on('close', () => {
      all.delete(connection);
      connection.waiting?.reject(new Error('the connection was closed'));
    });
  });
}

function exchange(connection: Connection, request: string): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    if (connection.socket.destroyed) return reject(new Error('the connection was closed'));
    connection.waiting = { resolve, reject };
    connection.socket.write(request);
  });
}

function answerIfWhole(connection: Connection): void {
  const { received, waiting } = connection;
  const end = received.indexOf('\r\n\r\n');
  if (end < 0 || waiting === undefined) return;
  const [status = '', ...lines] = received.slice(0, end).split('\r\n');
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  const length = Number(headers['content-length'] ?? 0);
  if (received.length < end + 4 + length) return;
  const body = Buffer.from(received.slice(end + 4, end + 4 + length), 'latin1').toString('utf8');
  connection.received = received.slice(end + 4 + length);
  connection.waiting = undefined;
  waiting.resolve({ status: Number(status.split(' ')[1]), headers, body });
}
