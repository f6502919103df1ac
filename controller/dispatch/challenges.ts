// Nonces that open one session each, within a minute.
const validMs = 60_000;
/** Beyond it the oldest is dropped: who asks without end gets nothing but others' patience. */
const kept = 65_536;

export interface Challenges {
  make(): string;
  /** Whether this nonce was given within the last minute. It is good for one answer. */
  take(nonce: string): boolean;
}

export function openChallenges(now: () => number, random: (bytes: number) => Buffer): Challenges {
  // In the order of their making, so the oldest come first.
  const expiry = new Map<string, number>();
  return {
    make() {
      const time = now();
      for (const [nonce, expiresAt] of expiry) {
        if (expiresAt > time && expiry.size < kept) break;
        expiry.delete(nonce);
      }
      const nonce = random(16).toString('base64url');
      expiry.set(nonce, time + validMs);
      return nonce;
    },
    take(nonce) {
      const expiresAt = expiry.get(nonce);
      expiry.delete(nonce);
      return expiresAt !== undefined && expiresAt > now();
    },
  };
}
