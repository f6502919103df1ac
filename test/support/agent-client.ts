// An agent that runs nothing: the wire protocol from the agent's side, for tests and for the bench.
import type {
  BlobAnswer,
  EnrolAnswer,
  EnrolRequest,
  Facts,
  Message,
  PollAnswer,
  ReportAnswer,
  SessionAnswer,
  SessionRequest,
} from '../../schemas/generated/wire.ts';
import {
  headers,
  type KeyPair,
  makeKeyPair,
  sealAnswer,
  sealRequest,
  sessionKey,
  signText,
  verifyText,
} from '../../schemas/seal.ts';
import { wireVersion } from '../../schemas/wire-version.ts';
import { type HttpAnswer, httpClient } from './http-client.ts';

export interface AgentClient {
  readonly key: KeyPair;
  /** Set by enrol. */
  instance: string;
  controllerKey: string;
  /** The open session; tests may change it to lie. */
  session: OpenSession | undefined;
  enrol(code: string, changes?: Partial<EnrolRequest>): Promise<HttpAnswer>;
  /** Opens a session and checks the controller's signature. */
  open(changes?: Partial<SessionRequest>): Promise<SessionAnswer>;
  /** Opens a session and hands over this journal. */
  openAndHandOver(changes?: Partial<SessionRequest>, ...journal: Message[]): Promise<SessionAnswer>;
  /** Throws on anything but 200 with the right seal. */
  poll(room?: number): Promise<PollAnswer>;
  report(...messages: Message[]): Promise<ReportAnswer>;
  blob(sha256: string, offset: number): Promise<BlobAnswer>;
  /** A sealed message as it goes out, and what came back. */
  call(path: string, body: string, changes?: SealedHeaders): Promise<HttpAnswer>;
  post(path: string, headers: Readonly<Record<string, string>>, body: string): Promise<HttpAnswer>;
  close(): void;
}

export interface OpenSession {
  id: string;
  key: Buffer;
  sequences: Record<string, number>;
}

export type SealedHeaders = { session?: string; sequence?: string; seal?: string };

export const someFacts: Facts = {
  hostname: 'host',
  os: 'linux',
  arch: 'x64',
  agentVersion: '0.1.0',
  bootId: 'boot-1',
};

export const agentPaths = {
  poll: '/v1/agent/poll',
  report: '/v1/agent/report',
  blob: '/v1/agent/blob',
} as const;

/** `key` is for an agent that was enrolled before. */
export function agentClient(
  address: { host: string; port: number },
  name = 'agent',
  key: KeyPair = makeKeyPair('ed25519'),
): AgentClient {
  const http = httpClient(address.host, address.port);

  const client: AgentClient = {
    key,
    instance: '',
    controllerKey: '',
    session: undefined,

    async enrol(code, changes) {
      const { publicKey, privateKey } = key;
      const proof = signText(privateKey, 'groundcrew-enrol-v1', code, publicKey);
      const request: EnrolRequest = {
        code,
        publicKey,
        name,
        labels: {},
        facts: someFacts,
        proof,
        ...changes,
      };
      const answer = await http.post('/v1/agent/enrol', {}, JSON.stringify(request));
      if (answer.status !== 200) return answer;
      const enrolled: EnrolAnswer = JSON.parse(answer.body);
      client.instance = enrolled.instance;
      client.controllerKey = enrolled.controllerKey;
      return answer;
    },

    async open(changes) {
      const { nonce } = JSON.parse((await http.post('/v1/agent/challenge', {}, '{}')).body);
      const pair = makeKeyPair('x25519');
      const request: SessionRequest = {
        instance: client.instance,
        nonce,
        agentKey: pair.publicKey,
        journal: 'journal-1',
        highestOffer: 0,
        wire: wireVersion,
        facts: someFacts,
        ...changes,
      };
      const body = JSON.stringify(request);
      const signature = signText(key.privateKey, 'groundcrew-session-v1', body);
      const answer = await http.post('/v1/agent/session', { [headers.signature]: signature }, body);
      if (answer.status !== 200) throw new Error(`no session: ${answer.status} ${answer.body}`);
      const signed = answer.headers[headers.signature] ?? '';
      if (!verifyText(client.controllerKey, signed, 'groundcrew-session-answer-v1', nonce, answer.body))
        throw new Error('the session was not signed by the controller');
      const opened: SessionAnswer = JSON.parse(answer.body);
      const shared = sessionKey(pair.privateKey, opened.controllerKey, nonce, opened.session);
      client.session = { id: opened.session, key: shared, sequences: {} };
      return opened;
    },

    async openAndHandOver(changes, ...journal) {
      const opened = await client.open(changes);
      const last: Message = { is: 'journal', entries: [], complete: true };
      if (opened.handover) await client.report(...(journal.length > 0 ? journal : [last]));
      return opened;
    },

    poll: async (room = 10) => JSON.parse(await sealed(client, agentPaths.poll, JSON.stringify({ room }))),
    report: async (...messages) =>
      JSON.parse(await sealed(client, agentPaths.report, JSON.stringify({ messages }))),

    blob: async (sha256, offset) =>
      JSON.parse(await sealed(client, agentPaths.blob, JSON.stringify({ sha256, offset }))),

    async call(path, body, changes) {
      const { session } = client;
      if (session === undefined) throw new Error('no session is open');
      const sequence = (session.sequences[path] ?? 0) + 1;
      session.sequences[path] = sequence;
      const made = {
        [headers.session]: changes?.session ?? session.id,
        [headers.sequence]: changes?.sequence ?? String(sequence),
        [headers.seal]: changes?.seal ?? sealRequest(session.key, 'POST', path, sequence, body),
      };
      return http.post(path, made, body);
    },

    post: http.post,
    close: http.close,
  };
  return client;
}

async function sealed(client: AgentClient, path: string, body: string): Promise<string> {
  const calling = client.call(path, body);
  // Another message may be sent before this one is answered.
  const { session } = client;
  const sequence = session?.sequences[path] ?? 0;
  const answer = await calling;
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.body}`);
  if (session === undefined) throw new Error('no session is open');
  if (answer.headers[headers.seal] !== sealAnswer(session.key, path, sequence, 200, answer.body))
    throw new Error('the answer has no right seal');
  return answer.body;
}
