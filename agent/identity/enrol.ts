// Enrolment: a code becomes an instance. The code is SECRET.FINGERPRINT; the fingerprint (the first 16 hex digits
// of the SHA-256 of the controller's public key text) says which controller may answer. Loaded only when needed.
//
// The code is never written to a file or a log.

import { sha256 } from '../../schemas/digest.ts';
import type { EnrolAnswer, EnrolRequest, Facts } from '../../schemas/generated/wire.ts';
import { type KeyPair, signText } from '../../schemas/seal.ts';
import { AgentFault, exitCodes, messageOf } from '../fault.ts';
import type { Halt } from '../halt.ts';
import type { Log } from '../log.ts';
import { sleep } from '../wait.ts';
import { readRefusal } from '../wire/call-error.ts';
import type { Post } from '../wire/post.ts';
import { backOff, retryAfterMs } from '../wire/retry.ts';
import type { Identity } from './identity.ts';

export interface Enrolment {
  post: Post;
  log: Log;
  controller: string;
  code: string;
  key: KeyPair;
  name: string;
  labels: Record<string, string>;
  facts: Facts;
  random: () => number;
  signal: Halt;
}

/** Asks until the controller answers; throws when it says no, or when another controller answers. */
export async function enrol(enrolment: Enrolment): Promise<Identity> {
  const { post, log, code, key, name, labels, facts, controller, random, signal } = enrolment;
  const proof = signText(key.privateKey, 'groundcrew-enrol-v1', code, key.publicKey);
  const request = { code, publicKey: key.publicKey, name, labels, facts, proof } satisfies EnrolRequest;
  const body = JSON.stringify(request);
  for (let attempt = 0; !signal.asked; attempt += 1) {
    let wait = backOff(attempt, random);
    try {
      const answer = await post('/v1/agent/enrol', {}, body, { timeoutMs: 30_000, signal });
      if (answer.status >= 200 && answer.status < 300)
        return trusted(JSON.parse(answer.body), code, controller);
      if (answer.status !== 429 && answer.status < 500) throw refused(answer.body, answer.status);
      wait = retryAfterMs(answer.headers['retry-after']) ?? wait;
    } catch (error) {
      if (error instanceof AgentFault) throw error;
      log.warn('The controller does not answer the enrolment', { error: messageOf(error), controller });
    }
    await sleep(wait, signal);
  }
  throw new AgentFault('stopped before it was enrolled', exitCodes.restart);
}

function trusted(answer: EnrolAnswer, code: string, controller: string): Identity {
  const fingerprint = code.slice(code.lastIndexOf('.') + 1);
  if (!/^[0-9a-f]{16}$/.test(fingerprint))
    throw new AgentFault('the enrolment code is not whole: it ends with 16 hex digits', exitCodes.refused);
  if (sha256(answer.controllerKey).slice(0, 16) !== fingerprint)
    throw new AgentFault(
      'the controller that answered is not the one that made the enrolment code: its key has another fingerprint',
      exitCodes.refused,
    );
  return { instance: answer.instance, name: answer.name, controllerKey: answer.controllerKey, controller };
}

function refused(body: string, status: number): AgentFault {
  const refusal = readRefusal(body);
  const why =
    refusal === undefined ? `HTTP ${status}` : `${refusal.code}: ${refusal.message} ${refusal.hint}`;
  return new AgentFault(`the controller refuses the enrolment (${why})`, exitCodes.refused);
}
