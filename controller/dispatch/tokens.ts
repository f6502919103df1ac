// Who may use the operator's routes. A token is 256 random bits; the store knows its hash only.
import { join } from 'node:path';
import { sha256 } from '../../schemas/digest.ts';
import { sameSecret } from '../../schemas/seal.ts';
import type { Ledger } from '../store/ledger.ts';
import { writePrivateFile } from './identity.ts';

export interface Tokens {
  /** The name of the token's holder; undefined for a token that is none. Takes the same time for each wrong one. */
  holderOf(token: string): string | undefined;
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
  return { holderOf: (token) => holderOf(holders, token) };
}

function holderOf(holders: ReadonlyMap<string, string>, token: string): string | undefined {
  const shown = sha256(token);
  let holder: string | undefined;
  for (const [hash, name] of holders) {
    if (sameSecret(hash, shown)) holder = name;
  }
  return holder;
}
