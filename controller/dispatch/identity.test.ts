import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sha256 } from '../../schemas/digest.ts';
import { openLevelStore } from '../store/level-store.ts';
import { openLedger } from '../store/open-ledger.ts';
import { fingerprintOf, openIdentity } from './identity.ts';
import { openTokens } from './tokens.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'groundcrew-identity-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const modeOf = (name: string) => statSync(join(folder, name)).mode & 0o777;

test('the key of the controller is made once, for its owner only, and read again', () => {
  const made = openIdentity(folder);
  expect(modeOf('controller-key')).toBe(0o600);
  expect(openIdentity(folder).publicKey).toBe(made.publicKey);
  expect(fingerprintOf(made.publicKey)).toBe(sha256(made.publicKey).slice(0, 16));
});

test('a damaged key is not replaced by a new one', () => {
  writeFileSync(join(folder, 'controller-key'), 'nonsense');
  expect(() => openIdentity(folder)).toThrow('holds no private key');
  expect(readFileSync(join(folder, 'controller-key'), 'utf8')).toBe('nonsense');
});

test('an empty data folder gets one token, which is stored as a hash and holds after a restart', async () => {
  const options = { folder, now: () => 0, random: randomBytes };
  const store = await openLevelStore(join(folder, 'store'), { newEpoch: () => 'e' });
  const ledger = await openLedger(store);
  const first = await openTokens({ ...options, ledger });
  const token = readFileSync(join(folder, 'operator-token'), 'utf8').trim();
  expect(modeOf('operator-token')).toBe(0o600);
  expect(first.holderOf(token)).toBe('operator');
  for (const wrong of ['', `${token}x`, token.slice(1), sha256(token)])
    expect(first.holderOf(wrong)).toBe(undefined);

  const again = await openTokens({ ...options, ledger });
  expect(again.holderOf(token)).toBe('operator');
  expect(readFileSync(join(folder, 'operator-token'), 'utf8').trim()).toBe(token);
  const rows = [];
  for await (const row of store.list('token')) rows.push(row);
  expect(rows).toEqual([[sha256(token), { name: 'operator', createdAt: '1970-01-01T00:00:00.000Z' }]]);
  await store.close();
});
