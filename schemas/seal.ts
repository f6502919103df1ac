// How messages between agent and controller are signed and sealed. Both sides use this one file.
//
// A session is opened with signatures (Ed25519, the long-lived keys) and runs on an HMAC key that both derive
// from keys made for it (X25519), so that a message costs a hash and not a signature, and so that nobody who
// only listens can speak.
import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hash,
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
  return hmac(key, `request\n${method}\n${path}\n${sequence}\n${body}`);
}

/** Seal of an answer: covers the path and sequence number of its request, the HTTP status and the body. */
export function sealAnswer(
  key: Buffer,
  path: string,
  sequence: number,
  status: number,
  body: string,
): string {
  return hmac(key, `answer\n${path}\n${sequence}\n${status}\n${body}`);
}

/** Compares two secrets of any length in constant time. */
export function sameSecret(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

const blockBytes = 64;
const scratch = Buffer.alloc(16 * 1024);
const outer = Buffer.alloc(blockBytes + 32);

/**
 * HMAC-SHA256 (RFC 2104) of the text as UTF-8, in Base64. Two plain hashes over memory that is used again: a
 * busy controller makes four of these for each task, and an object of node:crypto for each is work for the collector.
 */
function hmac(key: Buffer, text: string): string {
  const most = blockBytes + text.length * 3;
  const inner = most <= scratch.length ? scratch : Buffer.alloc(most);
  for (let at = 0; at < blockBytes; at += 1) {
    const byte = key[at] ?? 0;
    inner[at] = byte ^ 0x36;
    outer[at] = byte ^ 0x5c;
  }
  const length = blockBytes + inner.write(text, blockBytes);
  hash('sha256', inner.subarray(0, length), 'buffer').copy(outer, blockBytes);
  return hash('sha256', outer, 'base64');
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
