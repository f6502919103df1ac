// Enrolment codes: shown once, counted, dated, bound to labels. `SECRET.FINGERPRINT`; the store has the hash only.
import { sha256 } from '../../schemas/digest.ts';
import type { EnrolmentCodeRequest, EnrolmentCode as ShownCode } from '../../schemas/generated/wire.ts';
import type { Ledger } from '../store/ledger.ts';
import type { Change, EnrolmentCode } from '../store/port.ts';
import { fingerprintOf } from './identity.ts';
import { type Answered, done, refuse } from './refusal.ts';

const defaults = { uses: 1, validSeconds: 4 * 3600 } as const;

export interface Codes {
  create(request: EnrolmentCodeRequest): Promise<ShownCode>;
  list(): ShownCode[];
  /** By id. Its last use is answered with what was left of it. */
  revoke(id: string): Promise<Answered<ShownCode>>;
  /** Labels of a code that may be used now, and the change that counts the use; undefined for any other. */
  use(code: string): { labels: EnrolmentCode['labels']; change: Change } | undefined;
}

export async function openCodes(options: {
  ledger: Ledger;
  publicKey: string;
  now: () => number;
  random: (bytes: number) => Buffer;
}): Promise<Codes> {
  const { ledger, publicKey, now, random } = options;
  // By hash. In memory, so that a use is judged and counted in one turn: two agents never share the last one.
  const codes = new Map<string, EnrolmentCode>();
  for await (const [hash, code] of ledger.store.list('enrolmentCode')) codes.set(hash, code);

  const isOver = (code: EnrolmentCode) => Date.parse(code.expiresAt) <= now();

  return {
    async create({ uses = defaults.uses, validSeconds = defaults.validSeconds, labels = {} }) {
      const changes: Change[] = [];
      for (const [hash, code] of codes) {
        if (!isOver(code)) continue;
        codes.delete(hash);
        changes.push({ delete: 'enrolmentCode', key: hash });
      }
      const code = `${random(16).toString('base64url')}.${fingerprintOf(publicKey)}`;
      const hash = sha256(code);
      const expiresAt = new Date(now() + validSeconds * 1000).toISOString();
      const value: EnrolmentCode = { id: hash.slice(0, 12), usesLeft: uses, expiresAt, labels };
      codes.set(hash, value);
      await ledger.commit([...changes, { put: 'enrolmentCode', key: hash, value }]);
      return { ...shown(value), code };
    },

    list: () => [...codes.values()].filter((code) => !isOver(code)).map(shown),

    async revoke(id) {
      for (const [hash, code] of codes) {
        if (code.id !== id) continue;
        codes.delete(hash);
        await ledger.commit([{ delete: 'enrolmentCode', key: hash }]);
        return done(shown(code));
      }
      return refuse('EnrolmentCodeUnknown');
    },

    use(text) {
      const hash = sha256(text);
      const code = codes.get(hash);
      if (code === undefined || isOver(code) || code.usesLeft < 1) return undefined;
      const value = { ...code, usesLeft: code.usesLeft - 1 };
      codes.set(hash, value);
      return { labels: code.labels, change: { put: 'enrolmentCode', key: hash, value } };
    },
  };
}

function shown({ id, usesLeft, expiresAt, labels }: EnrolmentCode): ShownCode {
  return { id, usesLeft, expiresAt, labels };
}
