// How many claims there are of each instance. An agent may name executions without end that never were: what it
// makes the controller keep is bounded.
import { executionParts } from '../../schemas/identity.ts';
import type { Ledger } from '../store/ledger.ts';

/** No journal is as long: agents forget what Git knows. */
const mostOfInstance = 10_000;

export interface Claims {
  /** Counts so many new ones; false, and nothing is counted, if they would be too many. */
  add(instance: string, count: number): boolean;
}

/** Counts those in the store. */
export async function countClaims(ledger: Ledger, most = mostOfInstance): Promise<Claims> {
  const counts = new Map<string, number>();
  for await (const [execution] of ledger.store.list('claim')) {
    const instance = executionParts(execution)?.instance;
    if (instance !== undefined) counts.set(instance, (counts.get(instance) ?? 0) + 1);
  }
  return {
    add(instance, count) {
      if (count === 0) return true;
      const sum = (counts.get(instance) ?? 0) + count;
      if (sum > most) return false;
      counts.set(instance, sum);
      return true;
    },
  };
}
