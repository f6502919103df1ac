import { sha256 } from '../../schemas/digest.ts';
import type { Change, Store } from '../store/port.ts';

/** Remembers since when something is as it is, across restarts: equal state keeps its time. */
export interface Since {
  /** The time since when `key` says `text`; `now` if it said something else until now. */
  of(key: string, text: string, now: string): string;
  /** What has to be written, and forgets the keys that were not asked for since the last call. */
  changes(): Change[];
}

const prefix = 'since/';

/** Reads what an earlier process remembered. */
export async function openSince(store: Store): Promise<Since> {
  const known = new Map<string, string>();
  for await (const [key, value] of store.list('meta', { prefix }))
    known.set(key.slice(prefix.length), String(value));
  let asked = new Set<string>();
  let changes: Change[] = [];
  return {
    of(key, text, now) {
      asked.add(key);
      const hash = sha256(text).slice(0, 16);
      const [time = '', knownHash] = (known.get(key) ?? '').split(' ');
      if (knownHash === hash) return time;
      const value = `${now} ${hash}`;
      known.set(key, value);
      changes.push({ put: 'meta', key: prefix + key, value });
      return now;
    },
    changes() {
      for (const key of known.keys()) {
        if (asked.has(key)) continue;
        known.delete(key);
        changes.push({ delete: 'meta', key: prefix + key });
      }
      const made = changes;
      changes = [];
      asked = new Set();
      return made;
    },
  };
}
