// Who may use the operator's routes. A token is 256 random bits; the store knows its hash only.
import { join } from 'node:path';
import { sha256 } from '../../schemas/digest.ts';
import { sameSecret } from '../../schemas/seal.ts';
import type { Ledger } from '../store/ledger.ts';
import { countAttempts } from './attempts.ts';
import { writePrivateFile } from './identity.ts';
import { type Answered, done, refuse } from './refusal.ts';

export interface Tokens {
  /** The name of the token's holder; undefined for a token that is none. Takes the same time for each wrong one. */
  holderOf(token: string): string | undefined;
  /** The same for a token that came from this address. Wrong ones have to wait after a few; a right one never does. */
  admit(token: string, address: string): Answered<string>;
}

/** Reads the tokens. A store without any gets its first one, which is written to FOLDER/operator-token (0600). */
export async function openTokens(options: {
  ledger: Ledger;
  folder: string;
  now: () => number;
  random: (bytes: number) => Buffer;
}): Promise<Tokens> {
  const { ledger, folder, now, random } = options;
  const holders = new Map<string, string>();
  for await (const [hash, { name }] of ledger.store.list('token')) holders.set(hash, name);
  if (holders.size === 0) {
    const token = random(32).toString('base64url');
    // The file first: a crash in between leaves a token that opens nothing and is replaced at the next start.
    writePrivateFile(join(folder, 'operator-token'), `${token}\n`);
    const value = { name: 'operator', createdAt: new Date(now()).toISOString() };
    await ledger.commit([{ put: 'token', key: sha256(token), value }]);
    holders.set(sha256(token), value.name);
  }
  const attempts = countAttempts(now);
  return {
    holderOf: (token) => holderOf(holders, token),
    admit(token, address) {
      const holder = holderOf(holders, token);
      if (holder !== undefined) return done(holder);
      const wait = attempts.waitSeconds(address);
      if (wait > 0) return refuse('TooManyAttempts', { retryAfterSeconds: wait });
      // Who shows none does not guess.
      if (token !== '') attempts.failed(address);
      return refuse('TokenWrong');
    },
  };
}

function holderOf(holders: ReadonlyMap<string, string>, token: string): string | undefined {
  const shown = sha256(token);
  let holder: string | undefined;
  for (const [hash, name] of holders) {
    if (sameSecret(hash, shown)) holder = name;
  }
  return holder;
}
