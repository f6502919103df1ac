// How messages between agent and controller are signed and sealed. Both sides use this one file.
//
// A session is opened with signatures (Ed25519, the long-lived keys) and runs on an HMAC key that both derive
// from keys made for it (X25519), so that a message costs a hash and not a signature, and so that nobody who
// only listens can speak.
import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto';

export const headers = {
  session: 'groundcrew-session',
  sequence: 'groundcrew-sequence',
  seal: 'groundcrew-seal',
  signature: 'groundcrew-signature',
} as const;

export interface KeyPair {
  /** Raw 32 bytes, Base64. */
  publicKey: string;
  privateKey: KeyObject;
}

/** A new key pair: `ed25519` signs, `x25519` agrees on a session key. */
export function makeKeyPair(kind: 'ed25519' | 'x25519'): KeyPair {
  // The overloads take one literal each.
  const pair = kind === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('x25519');
  return { publicKey: rawPublicKey(pair.publicKey), privateKey: pair.privateKey };
}

/** PKCS#8 PEM of a private key, for a file that only its owner may read. */
export function privateKeyText(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** The pair whose private key is in this PEM text. Throws on anything else. */
export function readKeyPair(pem: string): KeyPair {
  const privateKey = createPrivateKey(pem);
  return { publicKey: rawPublicKey(createPublicKey(privateKey)), privateKey };
}

/** Base64 Ed25519 signature over `purpose` + newline + the parts, joined by newlines. */
export function signText(key: KeyObject, purpose: Purpose, ...parts: string[]): string {
  return sign(null, signedBytes(purpose, parts), key).toString('base64');
}

/** Whether `signature` is the one that signText makes with the private half of `publicKey`. Never throws. */
export function verifyText(
  publicKey: string,
  signature: string,
  purpose: Purpose,
  ...parts: string[]
): boolean {
  try {
    const key = publicKeyObject('Ed25519', publicKey);
    return verify(null, signedBytes(purpose, parts), key, Buffer.from(signature, 'base64'));
  } catch {
    return false;
  }
}

export type Purpose = 'groundcrew-enrol-v1' | 'groundcrew-session-v1' | 'groundcrew-session-answer-v1';

/** The 32-byte key of a session. `ours` and `theirs` are X25519 keys made for it. Throws on a bad key. */
export function sessionKey(ours: KeyObject, theirs: string, nonce: string, session: string): Buffer {
  const secret = diffieHellman({ privateKey: ours, publicKey: publicKeyObject('X25519', theirs) });
  return Buffer.from(hkdfSync('sha256', secret, nonce, `groundcrew-session-v1${session}`, 32));
}

/** Seal of a request: covers method, path, sequence number and body. */
export function sealRequest(
  key: Buffer,
  method: string,
  path: string,
  sequence: number,
  body: string,
): string {
  return createHmac('sha256', key)
    .update(`request\n${method}\n${path}\n${sequence}\n${body}`)
    .digest('base64');
}

/** Seal of an answer: covers the path and sequence number of its request, the HTTP status and the body. */
export function sealAnswer(
  key: Buffer,
  path: string,
  sequence: number,
  status: number,
  body: string,
): string {
  return createHmac('sha256', key)
    .update(`answer\n${path}\n${sequence}\n${status}\n${body}`)
    .digest('base64');
}

/** Compares two secrets of any length in constant time. */
export function sameSecret(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

function signedBytes(purpose: Purpose, parts: string[]): Buffer {
  return Buffer.from([purpose, ...parts].join('\n'));
}

function rawPublicKey(key: KeyObject): string {
  const { x } = key.export({ format: 'jwk' });
  if (x === undefined) throw new Error('not a raw public key');
  return Buffer.from(x, 'base64url').toString('base64');
}

function publicKeyObject(curve: 'Ed25519' | 'X25519', raw: string): KeyObject {
  const x = Buffer.from(raw, 'base64').toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: curve, x }, format: 'jwk' });
}
