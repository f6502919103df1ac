// A ledger of invocations on very many instances, without their rows: made when they are asked for.

import type { ExecutionState } from '../../controller/run/execution.ts';
import type { Run } from '../../controller/run/run.ts';
import type { Ledger } from '../../controller/store/ledger.ts';
import type { Store } from '../../controller/store/port.ts';
import { sha256 } from '../../schemas/digest.ts';
import { executionIdOf } from '../../schemas/identity.ts';
import { waiting } from './run.ts';
import { ended, someTime } from './status-fleet.ts';

export interface Crowd {
  ledger: Ledger;
  /** From now on the executions of the run have ended, 2 % of them badly. */
  end(run: Run): void;
}

/** Puts an execution of every run on every one of these instances; all of them wait. */
export function crowd(ledger: Ledger, instances: readonly string[]): Crowd {
  const sorted = [...instances].sort();
  const begin = Date.parse(someTime);
  const over = new Set<string>();
  const counted = new Map<string, Record<string, number>>();
  const stateOf = (run: string, instance: string): ExecutionState => {
    if (!over.has(run)) return waiting;
    const drawn = draw(run, instance);
    const startedAt = new Date(begin + (drawn % 29_989)).toISOString();
    const at = new Date(begin + (drawn % 29_989) + (drawn % 997)).toISOString();
    const phase = endOf(drawn);
    if (phase === 'Success') return ended(phase, { exitCode: 0, startedAt, at });
    if (phase === 'Failed') return ended(phase, { exitCode: 1 + (drawn % 3), startedAt, at });
    return ended(phase, { errorCode: 'TaskTimeout', message: 'killed after 60 s', startedAt, at });
  };
  const store: Store = {
    ...ledger.store,
    // The one table that is asked for; the types of the others come along.
    async *list(table, range = {}) {
      const run = range.prefix?.split('.')[0] ?? '';
      if (table !== 'execution') yield* ledger.store.list(table, range);
      for (const instance of sorted) {
        const id = executionIdOf(run, 'once', instance);
        const row: unknown = { id, run, occurrence: 'once', instance, state: stateOf(run, instance) };
        yield [id, JSON.parse(JSON.stringify(row))];
      }
    },
    async get(table, key) {
      if (table !== 'output') return ledger.store.get(table, key);
      const [, , instance = ''] = key.split('.');
      const text = [
        `Connecting to the package mirror from ${instance}`,
        `error: cannot write /var/lib/app/${sha256(key).slice(0, 12)}: No space left on device`,
        `exiting, pid ${Number.parseInt(sha256(key).slice(0, 4), 16)}`,
      ].join('\n');
      const head = Buffer.from(text);
      const row: unknown = {
        head: head.toString('base64'),
        tail: '',
        tailOffset: head.length,
        bytes: head.length,
      };
      return JSON.parse(JSON.stringify(row));
    },
  };
  return {
    end: (run) => void over.add(run.id),
    ledger: {
      ...ledger,
      store,
      phases(run) {
        if (!over.has(run)) return { Pending: sorted.length };
        const known = counted.get(run);
        if (known !== undefined) return known;
        const phases: Record<string, number> = { Success: 0, Failed: 0, Timeout: 0 };
        for (const instance of sorted) {
          const phase = endOf(draw(run, instance));
          phases[phase] = (phases[phase] ?? 0) + 1;
        }
        counted.set(run, phases);
        return phases;
      },
    },
  };
}

function endOf(drawn: number): 'Success' | 'Failed' | 'Timeout' {
  if (drawn % 50 !== 0) return 'Success';
  return (drawn >> 8) % 3 === 0 ? 'Timeout' : 'Failed';
}

/** A number for the pair, always the same. */
function draw(run: string, instance: string): number {
  const [a, b] = [Number.parseInt(run.slice(2, 10), 16), Number.parseInt(instance.slice(3, 11), 16)];
  const mixed = Math.imul(a ^ Math.imul(b, 0x9e3779b1), 0x85ebca6b);
  return (mixed ^ (mixed >>> 13)) >>> 1;
}
