// Script texts by digest: the few that are being handed out now, the rest in the store.
import type { Store } from '../store/port.ts';

const kept = 64;

export interface Scripts {
  /** At once where it is at hand. Undefined if the store does not have it, which is a fault: a run comes with its script. */
  text(digest: string): string | Promise<string | undefined>;
}

export function openScripts(store: Store): Scripts {
  // In the order of their last use.
  const recent = new Map<string, string>();
  const keep = (digest: string, text: string) => {
    recent.delete(digest);
    recent.set(digest, text);
    for (const oldest of recent.keys()) {
      if (recent.size <= kept) break;
      recent.delete(oldest);
    }
    return text;
  };
  return {
    text(digest) {
      const text = recent.get(digest);
      if (text !== undefined) return keep(digest, text);
      return store.get('script', digest).then((row) => row && keep(digest, row.text));
    },
  };
}
