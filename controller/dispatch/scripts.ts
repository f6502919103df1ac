// Script texts by digest: the few that are being handed out now, the rest in the store.
import type { Store } from '../store/port.ts';
import { makeRecent } from './recent.ts';

const kept = 64;

export interface Scripts {
  /** At once where it is at hand. Undefined if the store does not have it, which is a fault: a run comes with its script. */
  text(digest: string): string | Promise<string | undefined>;
}

export function openScripts(store: Store): Scripts {
  const recent = makeRecent<string>(kept);
  return {
    text: (digest) =>
      recent.get(digest) ?? store.get('script', digest).then((row) => row && recent.keep(digest, row.text)),
  };
}
