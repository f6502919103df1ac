import { readFileSync } from 'node:fs';
import { type KeyPair, makeKeyPair, privateKeyText, readKeyPair } from '../../schemas/seal.ts';
import { systemCode } from '../fault.ts';
import { writeDurably } from '../host/durable-file.ts';

/** Who the agent is, and to whom it belongs. `controllerKey` is pinned: nobody else is obeyed. */
export interface Identity {
  instance: string;
  name: string;
  controllerKey: string;
  controller: string;
}

/** Undefined before enrolment. */
export function readIdentity(dataDir: string): Identity | undefined {
  const text = readIfThere(`${dataDir}/identity.json`);
  return text === undefined ? undefined : JSON.parse(text);
}

export function writeIdentity(dataDir: string, identity: Identity): void {
  writeDurably(`${dataDir}/identity.json`, `${JSON.stringify(identity, undefined, 2)}\n`);
}

/** The agent's own key. Made once, before enrolment: an enrolment that is repeated is the same instance. */
export function readOrMakeKey(dataDir: string): KeyPair {
  const path = `${dataDir}/agent.key`;
  const text = readIfThere(path);
  if (text !== undefined) return readKeyPair(text);
  const made = makeKeyPair('ed25519');
  writeDurably(path, privateKeyText(made.privateKey));
  return made;
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
