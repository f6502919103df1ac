// Sessions: who is on the other side of each message.
//
// 1. A nonce opens one session; the body that names it is signed by the instance's key.
// 2. An older session of the same instance ends when a newer one is used for the first time, not before: whoever
//    only replays an opening ends nothing.
// 3. A sequence number counts only once its seal was found right.
import type { AgentLimits, SessionAnswer, SessionRequest } from '../../schemas/generated/wire.ts';
import {
  type KeyPair,
  makeKeyPair,
  sameSecret,
  sealRequest,
  sessionKey,
  signText,
  verifyText,
} from '../../schemas/seal.ts';
import type { Ledger } from '../store/ledger.ts';
import type { Instance } from '../store/port.ts';
import { openChallenges } from './challenges.ts';
import { type Answered, done, type Refused, refuse } from './refusal.ts';
import type { Session, SessionPath } from './session.ts';

/** So many sessions of an instance may wait for their first use; the oldest of them goes when one more is opened. */
const unusedKept = 4;
const highestNumber = 2 ** 52;
/** An instance that has no poll open and has not called for so long is away. */
const awayAfterMs = 15_000;

export interface Sessions {
  challenge(): string;
  /** Opens a session. The answer is the exact text to send: the signature covers it. */
  open(
    request: SessionRequest,
    rawBody: string,
    signature: string,
  ): Promise<Answered<{ body: string; signature: string }>>;
  /** Whether a session has this id: worth reading the message. */
  knows(id: string): boolean;
  /** The session of a message with these headers. */
  of(message: SealedMessage): Session | Refused;
  /** Since when (ms) the instance has called without a break; undefined while it is away. */
  onlineSince(instance: string): number | undefined;
  /** Whether it has called since this controller started. */
  hasCalled(instance: string): boolean;
  /** It had a poll open until now. */
  wasThere(instance: string): void;
  /** How many instances have a session that is in use. */
  inUse(): number;
}

export interface SealedMessage {
  to: SessionPath;
  path: string;
  session: string;
  sequence: string;
  seal: string;
  body: string;
}

export function openSessions(options: {
  ledger: Ledger;
  controllerKey: KeyPair;
  now: () => number;
  random: (bytes: number) => Buffer;
  pollSeconds: number;
  /** What every agent is told to keep to. */
  limits: AgentLimits;
  /** Whether the instance has a poll open, whose connection is not gone. */
  hasPoll: (instance: string) => boolean;
  /** Called with each session that has ended. */
  ended: (session: Session) => void;
}): Sessions {
  const { ledger, controllerKey, now, random, pollSeconds, limits, hasPoll, ended } = options;
  const challenges = openChallenges(now, random);
  const byId = new Map<string, Session>();
  /** Of each instance, oldest first. */
  const byInstance = new Map<string, Session[]>();
  const presence = new Map<string, { since: number; last: number }>();

  const end = (session: Session) => {
    byId.delete(session.id);
    ended(session);
  };

  const endOlderThan = (newest: Session) => {
    const all = byInstance.get(newest.instance) ?? [];
    const position = all.indexOf(newest);
    for (const older of all.slice(0, position)) end(older);
    byInstance.set(newest.instance, all.slice(position));
  };

  const isPresent = (instance: string, last: number) => now() - last <= awayAfterMs || hasPoll(instance);

  const heard = (instance: string) => {
    const time = now();
    const present = presence.get(instance);
    if (present === undefined || !isPresent(instance, present.last))
      presence.set(instance, { since: time, last: time });
    else present.last = time;
  };

  const keep = (session: Session) => {
    const all = [...(byInstance.get(session.instance) ?? []), session];
    const unused = all.filter(({ used }) => !used);
    const dropped = unused.length > unusedKept ? unused[0] : undefined;
    if (dropped !== undefined) end(dropped);
    byId.set(session.id, session);
    byInstance.set(
      session.instance,
      all.filter((one) => one !== dropped),
    );
  };

  return {
    challenge: () => challenges.make(),

    async open(request, rawBody, signature) {
      if (!challenges.take(request.nonce)) return refuse('ChallengeUnknown');
      const instance = ledger.instances.get(request.instance);
      if (instance === undefined) return refuse('InstanceUnknown');
      if (!verifyText(instance.publicKey, signature, 'groundcrew-session-v1', rawBody))
        return refuse('SignatureWrong');

      const id = random(16).toString('base64url');
      const ours = makeKeyPair('x25519');
      const key = sharedKey(ours, request, id);
      if (key === undefined || request.highestOffer > highestNumber) return refuse('SessionRequestInvalid');
      const sameMemory = isSameMemory(instance, request);
      const handover =
        !sameMemory || request.epoch !== ledger.epoch || request.highestOffer > instance.offers;
      keep({
        id,
        instance: instance.id,
        key,
        journal: request.journal,
        wire: request.wire ?? 1,
        highestOffer: request.highestOffer,
        sameMemory,
        handover: handover ? new Set() : undefined,
        used: false,
        sequences: { poll: -1, report: -1, blob: -1 },
        given: undefined,
      });
      await keepNews(ledger, instance, request, sameMemory, now());
      const answer: SessionAnswer = {
        session: id,
        controllerKey: ours.publicKey,
        epoch: ledger.epoch,
        handover,
        pollSeconds,
        limits,
      };
      const body = JSON.stringify(answer);
      const purpose = 'groundcrew-session-answer-v1';
      return done({ body, signature: signText(controllerKey.privateKey, purpose, request.nonce, body) });
    },

    knows: (id) => byId.has(id),

    of({ to, path, session: id, sequence: text, seal, body }) {
      const session = byId.get(id);
      if (session === undefined || !ledger.instances.has(session.instance)) return refuse('SessionUnknown');
      const sequence = Number(text);
      const right = sealRequest(session.key, 'POST', path, sequence, body);
      // A number has one spelling: the sealed text is made from it again.
      if (!Number.isSafeInteger(sequence) || String(sequence) !== text || !sameSecret(right, seal))
        return refuse('SealWrong');
      if (sequence <= session.sequences[to]) return refuse('SequenceReplayed');
      session.sequences[to] = sequence;
      heard(session.instance);
      if (!session.used) {
        session.used = true;
        endOlderThan(session);
      }
      return session;
    },

    onlineSince(instance) {
      const present = presence.get(instance);
      return present !== undefined && isPresent(instance, present.last) ? present.since : undefined;
    },
    hasCalled: (instance) => presence.has(instance),
    wasThere(instance) {
      const present = presence.get(instance);
      if (present !== undefined) present.last = now();
    },
    inUse() {
      let count = 0;
      for (const all of byInstance.values()) if (all.some(({ used }) => used)) count += 1;
      return count;
    },
  };
}

/** Not if the agent names another one, or one that holds less than it is known to have held (handover.ts). */
function isSameMemory({ journal, arrived = 0 }: Instance, request: SessionRequest): boolean {
  return journal === request.journal && request.highestOffer >= arrived;
}

function sharedKey(ours: KeyPair, request: SessionRequest, session: string): Buffer | undefined {
  try {
    return sessionKey(ours.privateKey, request.agentKey, request.nonce, session);
  } catch {
    // A key that is no point, or one that makes every secret the same.
    return undefined;
  }
}

/** Keeps the facts of the machine, and how far its memory has come. */
async function keepNews(
  ledger: Ledger,
  { id, facts, arrived = 0 }: Instance,
  request: SessionRequest,
  sameMemory: boolean,
  time: number,
): Promise<void> {
  const { hostname, os, arch, agentVersion, bootId, timezone } = request.facts;
  const comeFurther = sameMemory && request.highestOffer > arrived;
  const same =
    !comeFurther &&
    facts.hostname === hostname &&
    facts.os === os &&
    facts.arch === arch &&
    facts.agentVersion === agentVersion &&
    facts.bootId === bootId &&
    facts.timezone === timezone;
  const now = ledger.instances.get(id);
  if (same || now === undefined) return;
  const further = comeFurther ? { arrived: Math.max(now.arrived ?? 0, request.highestOffer) } : {};
  const bootedAt = new Date(time - (request.uptimeSeconds ?? 0) * 1000).toISOString();
  const booted = facts.bootId === bootId ? {} : { bootedAt };
  const value = { ...now, ...further, ...booted, facts: request.facts };
  await ledger.commit([{ put: 'instance', key: id, value }]);
}
