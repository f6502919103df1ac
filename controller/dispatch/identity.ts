// The controller's own key: agents pin it at enrolment, so it must outlive everything but the data folder.
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sha256 } from '../../schemas/digest.ts';
import { type KeyPair, makeKeyPair, privateKeyText, readKeyPair } from '../../schemas/seal.ts';

/**
 * The Ed25519 key in FOLDER/controller-key, made if it is missing. Throws on a file that holds no such key:
 * a new key in its place would lock out every agent.
 */
export function openIdentity(folder: string): KeyPair {
  const path = join(folder, 'controller-key');
  const known = readIfThere(path);
  if (known === undefined) {
    const made = makeKeyPair('ed25519');
    writePrivateFile(path, privateKeyText(made.privateKey));
    return made;
  }
  try {
    return readKeyPair(known);
  } catch (cause) {
    throw new Error(`${path} holds no private key; restore it from a copy`, { cause });
  }
}

/** What an enrolment code says of the controller that made it, so that the agent pins the right key. */
export function fingerprintOf(publicKey: string): string {
  return sha256(publicKey).slice(0, 16);
}

/** Writes a file that only its owner may read: all of it or nothing, on disk when it returns. */
export function writePrivateFile(path: string, text: string): void {
  const fresh = `${path}.new`;
  // A leftover of a crash may have another mode.
  rmSync(fresh, { force: true });
  const file = openSync(fresh, 'wx', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(fresh, path);
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
