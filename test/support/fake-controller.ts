// A controller as an agent sees it: real HTTP, real signatures and seals, no store and no Git. It holds every message
// against the wire schema, keeps all that it is told, and can be told to misbehave.
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sha256 } from '../../schemas/digest.ts';
import type {
  AgentLimits,
  BlobAnswer,
  BlobRequest,
  End,
  EnrolRequest,
  JournalEntry,
  Message,
  Order,
  PollRequest,
  ReportRequest,
  RunOrder,
  SendOrder,
  SentFile,
  SessionRequest,
  StopOrder,
} from '../../schemas/generated/wire.ts';
import { instanceIdOf } from '../../schemas/identity.ts';
import {
  headers,
  makeKeyPair,
  sealAnswer,
  sealRequest,
  sessionKey,
  signText,
  verifyText,
} from '../../schemas/seal.ts';
import { schema } from '../../schemas/validator.ts';

/** What goes wrong with one exchange. */
export type Fault =
  | 'none'
  | 'lose the request'
  | 'lose the answer'
  | 'delay the answer'
  | 'wrong seal'
  | 'wrong signature'
  | { status: number; code: string; retryAfter?: number };

export interface FakeController {
  url: string;
  port: number;
  /** For GROUNDCREW_ENROL_CODE. */
  code: string;
  /** Every message of every report, in order, repeats included. */
  messages: Message[];
  /** The path of every request that arrived, lost ones too. */
  requests: string[];
  handedOver: JournalEntry[][];
  sessions: SessionRequest[];
  /** What was wrong with requests; a test expects none. */
  complaints: string[];
  names: string[];
  epoch: string;
  pollSeconds: number;
  forgetBefore: number;
  /** Said in the answer that opens a session. */
  limits: AgentLimits | undefined;
  /** Asked before each request; `count` is per path, from 1. */
  fault: (path: string, count: number) => Fault;
  /** Called when a whole request was read and before it is answered, and when it was answered. */
  onExchange: (path: string, moment: 'asked' | 'answered') => void;
  /** Blobs that agents may fetch, by digest; a test may put other bytes there than the digest's. */
  blobs: Map<string, Buffer>;
  /** From where pieces were asked for, in order. */
  offsets: number[];
  pieceBytes: number;
  /** Offers a script; the id of its execution. */
  offer(script: string, more?: Partial<RunOrder>): string;
  /** Offers a file, small ones with their content; the id of its execution. */
  offerFile(
    bytes: Buffer,
    file: Pick<SentFile, 'targetDir'> & Partial<SentFile>,
    more?: Partial<SendOrder>,
  ): string;
  stop(execution: string, ifStarted?: StopOrder['ifStarted'], offer?: number): void;
  /** The id of an execution that is not offered. */
  newExecution(): string;
  forgetSessions(): void;
  /** As a controller whose disk was lost, with another epoch; only the agents' keys stay known. */
  forgetEverything(): void;
  ended(execution: string, timeoutMs?: number): Promise<End>;
  told(test: (message: Message) => boolean, timeoutMs?: number): Promise<Message>;
  /** The output as it arrived, with gaps marked. */
  output(execution: string): string;
  close(): Promise<void>;
}

interface Given {
  order: RunOrder | SendOrder;
  received: boolean;
  givenAt: number;
}

interface Session {
  key: Buffer;
  sequences: Map<string, number>;
}

/** Listens on 127.0.0.1, on this port or any. */
export async function startFakeController(port = 0): Promise<FakeController> {
  const signing = makeKeyPair('ed25519');
  const book = new Map<string, Given>();
  const stops = new Map<string, StopOrder>();
  const ends = new Map<string, End>();
  const agents = new Map<string, string>();
  const nonces = new Set<string>();
  const sessions = new Map<string, Session>();
  const counts = new Map<string, number>();
  const waiters = new Set<() => void>();
  let offers = 0;
  let made = 0;
  // Before an agent enrols; not the same in two tests, which would kill each other's processes when they clean up.
  let instance = `mi-${randomBytes(10).toString('hex')}`;

  const controller: FakeController = {
    url: '',
    port: 0,
    code: `0123456789abcdef.${sha256(signing.publicKey).slice(0, 16)}`,
    messages: [],
    requests: [],
    handedOver: [],
    sessions: [],
    complaints: [],
    names: [],
    epoch: 'first',
    pollSeconds: 2,
    forgetBefore: 0,
    blobs: new Map(),
    offsets: [],
    pieceBytes: 1024 * 1024,
    limits: undefined,
    fault: () => 'none',
    onExchange: () => {},
    newExecution() {
      made += 1;
      return `r-${sha256(String(made)).slice(0, 24)}.once.${instance}`;
    },
    offer(script, more = {}) {
      const execution = more.execution ?? controller.newExecution();
      const order: RunOrder = {
        do: 'run',
        execution,
        offer: (offers += 1),
        invocation: 'test',
        type: 'RunShellScript',
        script,
        environment: {},
        timeoutSeconds: 60,
        ...more,
      };
      book.set(execution, { order, received: false, givenAt: Number.NEGATIVE_INFINITY });
      wakeAll();
      return execution;
    },
    offerFile(bytes, file, more = {}) {
      const execution = more.execution ?? controller.newExecution();
      const blob = { sha256: sha256(bytes), size: bytes.length };
      if (!controller.blobs.has(blob.sha256)) controller.blobs.set(blob.sha256, bytes);
      const order: SendOrder = {
        do: 'send',
        execution,
        offer: (offers += 1),
        invocation: 'test',
        file: {
          name: 'file',
          mode: '0644',
          overwrite: false,
          blob,
          ...(bytes.length <= 24 * 1024 && { content: bytes.toString('base64') }),
          ...file,
        },
        timeoutSeconds: 60,
        ...more,
      };
      book.set(execution, { order, received: false, givenAt: Number.NEGATIVE_INFINITY });
      wakeAll();
      return execution;
    },
    stop(execution, ifStarted = 'kill', offer = book.get(execution)?.order.offer ?? (offers += 1)) {
      stops.set(execution, { do: 'stop', execution, offer, ifStarted, reason: 'a test' });
      wakeAll();
    },
    forgetSessions: () => sessions.clear(),
    forgetEverything() {
      for (const memory of [book, stops, ends, sessions]) memory.clear();
      controller.messages.length = 0;
      controller.epoch += '+';
    },
    async ended(execution, timeoutMs = 15_000) {
      const found = await controller.told((m) => m.is === 'ended' && m.execution === execution, timeoutMs);
      if (found.is !== 'ended') throw new Error('not an end');
      return found.end;
    },
    async told(test, timeoutMs = 15_000) {
      const deadline = Date.now() + timeoutMs;
      for (;;) {
        const found = controller.messages.find(test);
        if (found !== undefined) return found;
        if (Date.now() > deadline)
          throw new Error(
            `not told in ${timeoutMs} ms; heard: ${JSON.stringify(controller.messages).slice(-2000)}`,
          );
        await woken(Math.min(100, timeoutMs));
      }
    },
    output(execution) {
      // Characters may lie across messages: they are seen only in what has no gap.
      let part: Buffer[] = [];
      let text = '';
      let end = 0;
      for (const message of controller.messages) {
        if (message.is !== 'output' || message.execution !== execution) continue;
        const data = Buffer.from(message.data, 'base64');
        if (message.offset + data.length <= end) continue;
        if (message.offset > end) {
          text += `${Buffer.concat(part).toString()}[${message.offset - end} dropped]`;
          part = [];
        }
        part.push(data.subarray(Math.max(0, end - message.offset)));
        end = message.offset + data.length;
      }
      return text + Buffer.concat(part).toString();
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      wakeAll();
      await closed;
    },
  };

  function wakeAll(): void {
    for (const wake of waiters) wake();
  }

  function woken(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        waiters.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      waiters.add(done);
    });
  }

  const server = createServer((request, response) => {
    exchange(request, response).catch((error: unknown) => {
      controller.complaints.push(String(error));
      response.destroy();
    });
  });

  async function exchange(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    const body = await readBody(request);
    controller.requests.push(path);
    const count = (counts.get(path) ?? 0) + 1;
    counts.set(path, count);
    const fault = controller.fault(path, count);
    controller.onExchange(path, 'asked');
    if (fault === 'lose the request') return void response.destroy();
    const answer = typeof fault === 'object' ? refusal(fault) : await answerTo(path, request, body, fault);
    if (fault === 'delay the answer') await new Promise((resolve) => setTimeout(resolve, 300));
    if (fault === 'lose the answer') return void response.destroy();
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
    response.end(answer.body, () => controller.onExchange(path, 'answered'));
  }

  interface Reply {
    status: number;
    headers: Record<string, string>;
    body: string;
  }

  function refusal({ status, code, retryAfter }: Exclude<Fault, string>): Reply {
    const body = JSON.stringify({ code, message: 'No.', hint: 'A test wants it so.' });
    return { status, headers: retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }, body };
  }

  async function answerTo(
    path: string,
    request: IncomingMessage,
    body: string,
    fault: Fault,
  ): Promise<Reply> {
    switch (path) {
      case '/v1/agent/enrol':
        return enrol(body);
      case '/v1/agent/challenge': {
        const nonce = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('hex');
        nonces.add(nonce);
        return { status: 200, headers: {}, body: JSON.stringify({ nonce }) };
      }
      case '/v1/agent/session':
        return openSession(request, body, fault);
      case '/v1/agent/poll':
      case '/v1/agent/report':
      case '/v1/agent/blob':
        return sealed(path, request, body, fault);
      default:
        controller.complaints.push(`no such path: ${path}`);
        return refusal({ status: 404, code: 'NotFound' });
    }
  }

  function enrol(body: string): Reply {
    const asked = parsed<EnrolRequest>('enrolRequest', body);
    if (asked.code !== controller.code) return refusal({ status: 403, code: 'EnrolmentCodeInvalid' });
    if (!verifyText(asked.publicKey, asked.proof, 'groundcrew-enrol-v1', asked.code, asked.publicKey))
      return refusal({ status: 403, code: 'ProofWrong' });
    instance = instanceIdOf(asked.publicKey);
    agents.set(instance, asked.publicKey);
    controller.names.push(asked.name);
    const answer = { instance, name: asked.name, controllerKey: signing.publicKey };
    return { status: 200, headers: {}, body: JSON.stringify(answer) };
  }

  function openSession(request: IncomingMessage, body: string, fault: Fault): Reply {
    const asked = parsed<SessionRequest>('sessionRequest', body);
    const signature = String(request.headers[headers.signature]);
    const known = agents.get(asked.instance);
    if (known === undefined || !verifyText(known, signature, 'groundcrew-session-v1', body))
      return refusal({ status: 403, code: 'InstanceUnknown' });
    if (!nonces.delete(asked.nonce)) return refusal({ status: 401, code: 'NonceUnknown' });
    instance = asked.instance;
    const pair = makeKeyPair('x25519');
    const id = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('hex');
    sessions.set(id, {
      key: sessionKey(pair.privateKey, asked.agentKey, asked.nonce, id),
      sequences: new Map(),
    });
    controller.sessions.push(asked);
    for (const given of book.values()) given.givenAt = Number.NEGATIVE_INFINITY;
    const handover = asked.epoch !== controller.epoch;
    if (handover) controller.handedOver.push([]);
    const answer = JSON.stringify({
      session: id,
      controllerKey: pair.publicKey,
      epoch: controller.epoch,
      handover,
      pollSeconds: controller.pollSeconds,
      ...(controller.limits === undefined ? {} : { limits: controller.limits }),
    });
    const key = fault === 'wrong signature' ? makeKeyPair('ed25519').privateKey : signing.privateKey;
    const proof = signText(key, 'groundcrew-session-answer-v1', asked.nonce, answer);
    return { status: 200, headers: { [headers.signature]: proof }, body: answer };
  }

  async function sealed(path: string, request: IncomingMessage, body: string, fault: Fault): Promise<Reply> {
    const session = sessions.get(String(request.headers[headers.session]));
    if (session === undefined) return refusal({ status: 401, code: 'SessionUnknown' });
    const sequence = Number(request.headers[headers.sequence]);
    if (request.headers[headers.seal] !== sealRequest(session.key, 'POST', path, sequence, body))
      controller.complaints.push(`wrong seal on ${path}`);
    const last = session.sequences.get(path) ?? 0;
    if (sequence <= last) controller.complaints.push(`sequence ${sequence} after ${last} on ${path}`);
    session.sequences.set(path, sequence);
    const piece = path.endsWith('blob') ? blob(body) : undefined;
    if (piece === 'gone') return refusal({ status: 410, code: 'BlobGone' });
    const answer = JSON.stringify(
      piece ?? (path.endsWith('poll') ? await poll(body, request) : report(body)),
    );
    const right = sealAnswer(session.key, path, sequence, 200, answer);
    const seal = fault === 'wrong seal' ? sealAnswer(session.key, path, sequence + 1, 200, answer) : right;
    return { status: 200, headers: { [headers.seal]: seal }, body: answer };
  }

  async function poll(
    body: string,
    request: IncomingMessage,
  ): Promise<{ orders: Order[]; forgetBefore: number }> {
    const { room } = parsed<PollRequest>('pollRequest', body);
    const deadline = Date.now() + controller.pollSeconds * 1000;
    for (;;) {
      const orders = ordersFor(room);
      if (orders.length > 0 || Date.now() >= deadline || request.socket.destroyed || !server.listening)
        return { orders, forgetBefore: controller.forgetBefore };
      await woken(100);
    }
  }

  function ordersFor(room: number): Order[] {
    const orders: Order[] = [];
    for (const [execution, stop] of stops) if (!ends.has(execution)) orders.push(stop);
    const open = [...book.values()].filter((given) => !given.received && !ends.has(given.order.execution));
    for (const given of open.slice(0, room)) {
      // What was given and not acknowledged is given again: the answer may have been lost.
      if (performance.now() - given.givenAt < 400) continue;
      given.givenAt = performance.now();
      orders.push(given.order);
    }
    return orders;
  }

  function blob(body: string): BlobAnswer | 'gone' {
    const { offset, sha256: digest } = parsed<BlobRequest>('blobRequest', body);
    controller.offsets.push(offset);
    const bytes = controller.blobs.get(digest);
    if (bytes === undefined) return 'gone';
    const data = bytes.subarray(offset, offset + controller.pieceBytes).toString('base64');
    return { size: bytes.length, data };
  }

  function report(body: string): { recorded: number } {
    const { messages } = parsed<ReportRequest>('reportRequest', body);
    for (const message of messages) {
      controller.messages.push(message);
      if (message.is === 'journal') controller.handedOver.at(-1)?.push(...message.entries);
      if (message.is === 'ended' && !ends.has(message.execution)) ends.set(message.execution, message.end);
      if (message.is === 'received' || message.is === 'ended') {
        const given = book.get(message.execution);
        if (given !== undefined) given.received = true;
      }
    }
    wakeAll();
    return { recorded: messages.length };
  }

  function parsed<T>(definition: string, body: string): T {
    const value: T = JSON.parse(body);
    const validate = schema(`wire`, definition);
    if (!validate(value))
      controller.complaints.push(`${definition}: ${JSON.stringify(validate.errors?.slice(0, 3))}`);
    return value;
  }

  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('no address');
  controller.port = address.port;
  controller.url = `http://127.0.0.1:${address.port}`;
  return controller;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
