// Opens a session. The agent signs with its own key, the controller with the key that was pinned at enrolment;
// both derive the session's key from keys made for it (schemas/seal.ts).
import type {
  AgentLimits,
  ChallengeAnswer,
  Facts,
  SessionAnswer,
  SessionRequest,
} from '../../schemas/generated/wire.ts';
import { headers, type KeyPair, makeKeyPair, sessionKey, signText, verifyText } from '../../schemas/seal.ts';
import { wireVersion } from '../../schemas/wire-version.ts';
import type { Halt } from '../halt.ts';
import { CallError } from './call-error.ts';
import type { Post } from './post.ts';
import { failureOf } from './retry.ts';

export interface Session {
  id: string;
  key: Buffer;
  epoch: string;
  handover: boolean;
  pollSeconds: number;
  limits: AgentLimits;
  /** The last number used, by path. */
  sequences: Map<string, number>;
}

export interface Introduction {
  instance: string;
  key: KeyPair;
  controllerKey: string;
  journal: string;
  epoch: string | undefined;
  highestOffer: number;
  /** How long the machine has been up, where that can be known. */
  uptimeSeconds?: number;
  facts: Facts;
}

/** Throws a CallError when the controller refuses, or when another one than the pinned controller answers. */
export async function openSession(post: Post, who: Introduction, signal: Halt): Promise<Session> {
  const limits = { timeoutMs: 30_000, signal };
  const challenge = await post('/v1/agent/challenge', {}, '{}', limits);
  if (challenge.status !== 200) throw new CallError(failureOf(challenge));
  const { nonce }: ChallengeAnswer = JSON.parse(challenge.body);

  const pair = makeKeyPair('x25519');
  const request = {
    instance: who.instance,
    nonce,
    agentKey: pair.publicKey,
    journal: who.journal,
    ...(who.epoch === undefined ? {} : { epoch: who.epoch }),
    highestOffer: who.highestOffer,
    wire: wireVersion,
    ...(who.uptimeSeconds === undefined ? {} : { uptimeSeconds: who.uptimeSeconds }),
    facts: who.facts,
  } satisfies SessionRequest;
  const body = JSON.stringify(request);
  const signature = signText(who.key.privateKey, 'groundcrew-session-v1', body);
  const answer = await post('/v1/agent/session', { [headers.signature]: signature }, body, limits);
  if (answer.status !== 200) throw new CallError(failureOf(answer));

  const theirs = answer.headers[headers.signature];
  const purpose = 'groundcrew-session-answer-v1';
  if (typeof theirs !== 'string' || !verifyText(who.controllerKey, theirs, purpose, nonce, answer.body))
    throw new CallError({ next: 'back off', message: 'the session was not signed by the pinned controller' });
  const opened: SessionAnswer = JSON.parse(answer.body);
  return {
    id: opened.session,
    key: sessionKey(pair.privateKey, opened.controllerKey, nonce, opened.session),
    epoch: opened.epoch,
    handover: opened.handover,
    pollSeconds: opened.pollSeconds,
    limits: opened.limits ?? {},
    sequences: new Map(),
  };
}
