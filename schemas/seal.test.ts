import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  makeKeyPair,
  privateKeyText,
  readKeyPair,
  sealAnswer,
  sealRequest,
  sessionKey,
  signText,
  verifyText,
} from './seal.ts';

const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest('base64');

test('a seal is the HMAC-SHA256 of its parts, whatever the body', () => {
  const keys = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(keys, fc.string({ unit: 'binary' }), fc.nat(), (key, body, sequence) => {
      const request = `request\nPOST\n/v1/x\n${sequence}\n${body}`;
      expect(sealRequest(key, 'POST', '/v1/x', sequence, body)).toBe(hmac(key, request));
      expect(sealAnswer(key, '/v1/x', sequence, 200, body)).toBe(
        hmac(key, `answer\n/v1/x\n${sequence}\n200\n${body}`),
      );
    }),
  );
});

test('a body of any length is sealed as a whole', () => {
  const key = Buffer.alloc(32, 7);
  for (const length of [0, 5000, 5400, 16_384, 1_048_576]) {
    for (const letter of ['x', 'é', '世', '🚀']) {
      const body = letter.repeat(length / letter.length);
      expect(sealRequest(key, 'POST', '/p', 1, body)).toBe(hmac(key, `request\nPOST\n/p\n1\n${body}`));
    }
  }
});

test('both sides of a session come to the same key, and another session has another', () => {
  const [ours, theirs] = [makeKeyPair('x25519'), makeKeyPair('x25519')];
  const key = sessionKey(ours.privateKey, theirs.publicKey, 'nonce', 's1');
  expect(sessionKey(theirs.privateKey, ours.publicKey, 'nonce', 's1')).toEqual(key);
  expect(sessionKey(theirs.privateKey, ours.publicKey, 'nonce', 's2')).not.toEqual(key);
});

test('a signature holds for its key, its purpose and each of its parts', () => {
  const pair = readKeyPair(privateKeyText(makeKeyPair('ed25519').privateKey));
  const signature = signText(pair.privateKey, 'groundcrew-enrol-v1', 'code', 'key');
  const holds = (purpose: Parameters<typeof verifyText>[2], ...parts: string[]) =>
    verifyText(pair.publicKey, signature, purpose, ...parts);
  expect(holds('groundcrew-enrol-v1', 'code', 'key')).toBe(true);
  expect(holds('groundcrew-enrol-v1', 'code', 'other')).toBe(false);
  expect(holds('groundcrew-session-v1', 'code', 'key')).toBe(false);
  expect(verifyText('nonsense', signature, 'groundcrew-enrol-v1', 'code', 'key')).toBe(false);
});
