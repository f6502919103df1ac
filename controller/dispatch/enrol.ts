// A machine becomes an instance.
//
// 1. The same key is always the same instance: a repeated enrolment burns no use of the code.
// 2. The use of the code is counted in the commit that makes the instance.
// 3. Unknown, expired, exhausted and unproven are refused in the same words.
import type { EnrolAnswer, EnrolRequest } from '../../schemas/generated/wire.ts';
import { instanceIdOf } from '../../schemas/identity.ts';
import { verifyText } from '../../schemas/seal.ts';
import type { Ledger } from '../store/ledger.ts';
import type { Instance } from '../store/port.ts';
import type { Attempts } from './attempts.ts';
import type { Codes } from './codes.ts';
import { type Answered, done, refuse } from './refusal.ts';

const longestName = 128;

export interface Enrolment {
  ledger: Ledger;
  codes: Codes;
  attempts: Attempts;
  controllerKey: string;
  now: () => number;
}

/** Enrols the machine that has the key. `address` is where the request came from. */
export async function enrol(
  { ledger, codes, attempts, controllerKey, now }: Enrolment,
  request: EnrolRequest,
  address: string,
): Promise<Answered<EnrolAnswer>> {
  const wait = attempts.waitSeconds(address);
  if (wait > 0) return refuse('TooManyAttempts', { retryAfterSeconds: wait });

  const { code, publicKey, proof } = request;
  const proven = verifyText(publicKey, proof, 'groundcrew-enrol-v1', code, publicKey);
  const id = instanceIdOf(publicKey);
  const known = proven ? ledger.instances.get(id) : undefined;
  if (known !== undefined) {
    // Its first enrolment may be on its way to the disk still.
    await ledger.settled();
    return done({ instance: id, name: known.name, controllerKey });
  }

  const use = proven ? codes.use(code) : undefined;
  if (use === undefined) {
    attempts.failed(address);
    return refuse('EnrolmentRefused');
  }
  const instance: Instance = {
    id,
    name: freeName(ledger, request.name, id),
    labels: use.labels,
    ownLabels: request.labels,
    publicKey,
    facts: request.facts,
    enrolledAt: new Date(now()).toISOString(),
    offers: 0,
  };
  await ledger.commit([use.change, { put: 'instance', key: id, value: instance }]);
  return done({ instance: id, name: instance.name, controllerKey });
}

/** The name, or where another instance is called by it (or it looks like an id) the name with a part of the id. */
function freeName(ledger: Ledger, wanted: string, id: string): string {
  const isFree = (name: string) => !/^mi-[0-9a-f]{20}$/.test(name) && ledger.findInstance(name) === undefined;
  if (isFree(wanted)) return wanted;
  const own = id.slice('mi-'.length);
  for (const length of [6, own.length]) {
    const suffix = `-${own.slice(0, length)}`;
    const name = `${wanted.slice(0, longestName - suffix.length)}${suffix}`;
    if (isFree(name)) return name;
  }
  return `${own}-${own}`;
}
