// What failed by address: after 5 within a minute the address has to wait.
const allowed = 5;
const windowMs = 60_000;
/** So many addresses are remembered; beyond it the one that failed longest ago is forgotten. */
const addressesKept = 10_000;

export interface Attempts {
  /** How many seconds this address has to wait; 0 if it may try. */
  waitSeconds(address: string): number;
  failed(address: string): void;
}

export function countAttempts(now: () => number): Attempts {
  const failures = new Map<string, number[]>();
  return {
    waitSeconds(address) {
      const times = failures.get(networkOf(address)) ?? [];
      // The failure that has to become older than the window before another may be tried.
      const oldest = times.at(-allowed);
      return oldest === undefined ? 0 : Math.max(0, Math.ceil((oldest + windowMs - now()) / 1000));
    },
    failed(address) {
      const network = networkOf(address);
      const times = [...(failures.get(network) ?? []), now()].slice(-allowed);
      failures.delete(network);
      failures.set(network, times);
      if (failures.size > addressesKept) {
        for (const longestAgo of failures.keys()) {
          failures.delete(longestAgo);
          break;
        }
      }
    },
  };
}

/** IPv4 as it is; of IPv6 the /64, which one host has all of. */
function networkOf(address: string): string {
  if (address.startsWith('::ffff:') && address.includes('.')) return address.slice('::ffff:'.length);
  if (!address.includes(':')) return address;
  const [before = '', after] = (address.split('%')[0] ?? '').split('::');
  const head = groupsOf(before);
  const tail = groupsOf(after ?? '');
  const left = after === undefined ? 0 : Math.max(0, 8 - head.length - tail.length);
  return [...head, ...Array<number>(left).fill(0), ...tail].slice(0, 4).join(':');
}

function groupsOf(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}
