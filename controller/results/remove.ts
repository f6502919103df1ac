// Removes results, a few rows at a time.
//
// 1. Whether they may go is looked at again in the same turn as each commit: a run may come back in force, or get a
//    late joiner, at any time. What is live is never touched.
// 2. A crash leaves some rows. They are found again: what says that there is nothing left is written last. That not
//    all of a run is there any more is written first.
import type { Execution } from '../run/execution.ts';
import { type Occurrence, occurrenceKey } from '../run/occurrence.ts';
import type { Run } from '../run/run.ts';
import type { Ledger } from '../store/ledger.ts';
import type { Change } from '../store/port.ts';
import { isInForce, type Results } from './expired.ts';
import { inPast } from './past.ts';

export interface Removing {
  ledger: Ledger;
  /** Lets others work. */
  pause(): Promise<void>;
}

const rowsAtOnce = 200;

/** Resolves when they are gone, or may not go any more. */
export async function remove(removing: Removing, { occurrence, removes, run }: Results): Promise<void> {
  if (occurrence !== undefined) return removeOccurrence(removing, run, occurrence);
  return removes === 'outputs' ? removeOutputs(removing, run) : removeRun(removing, run);
}

/** All executions of a run that is no longer in force. */
async function removeRun({ ledger, pause }: Removing, id: string): Promise<void> {
  const prefix = `${id}.`;
  const run = (removed: 'some' | 'all'): Change[] | undefined => {
    const now = ledger.runs.get(id);
    if (now?.settled === undefined || isInForce(now, ledger.invocations)) return undefined;
    return [{ put: 'run', key: id, value: { ...now, settled: { ...now.settled, removed } } }];
  };
  for (;;) {
    const rows = await someExecutions(ledger, prefix);
    const marked = run('some');
    if (marked === undefined) return;
    if (rows.length === 0) break;
    await ledger.commit([...marked, ...rows.flatMap((row) => gone(ledger, row))]);
    await pause();
  }
  for await (const [, each] of ledger.store.list('occurrence', { prefix }))
    await ledger.commit(await pastOccurrence(ledger, each));
  await ledger.commit(run('all') ?? []);
}

/** The outputs of a run in force: where it has executed stays. */
async function removeOutputs({ ledger, pause }: Removing, id: string): Promise<void> {
  const endedAt = ledger.runs.get(id)?.settled?.at;
  const settled = (): Run | undefined => {
    const run = ledger.runs.get(id);
    return run?.settled?.at === endedAt ? run : undefined;
  };
  let after: string | undefined;
  for (;;) {
    const rows = await someExecutions(ledger, `${id}.`, after);
    const run = settled();
    if (run?.settled === undefined) return;
    after = rows.at(-1)?.id;
    if (after === undefined) {
      const value = { ...run, settled: { ...run.settled, removed: 'outputs' } } as const;
      return ledger.commit([{ put: 'run', key: id, value }]);
    }
    await ledger.commit(rows.map((row) => ({ delete: 'output', key: row.id })));
    await pause();
  }
}

/** All executions of an occurrence that is over or was missed, and its record. */
async function removeOccurrence({ ledger, pause }: Removing, run: string, id: string): Promise<void> {
  const key = occurrenceKey(run, id);
  const occurrence = await ledger.store.get('occurrence', key);
  if (occurrence === undefined) return;
  for (;;) {
    const rows = await someExecutions(ledger, `${key}.`);
    if (rows.length === 0) break;
    await ledger.commit(rows.flatMap((row) => gone(ledger, row)));
    await pause();
  }
  await ledger.commit(await pastOccurrence(ledger, occurrence));
}

/** Its record goes; what it ran stays in the history of its Command. */
async function pastOccurrence(ledger: Ledger, occurrence: Occurrence): Promise<Change[]> {
  const { occurrence: id, run } = occurrence;
  const past = await inPast(ledger, occurrence);
  return [{ delete: 'occurrence', key: occurrenceKey(run, id) }, ...past];
}

function gone(ledger: Ledger, { id, state }: Execution): Change[] {
  if (state.is !== 'ended' || ledger.live(id) !== undefined)
    throw new Error(`${id} is live, and was about to be removed`);
  return [
    { delete: 'execution', key: id },
    { delete: 'output', key: id },
  ];
}

async function someExecutions(ledger: Ledger, prefix: string, after?: string): Promise<Execution[]> {
  const range = { prefix, limit: rowsAtOnce, ...(after !== undefined && { after }) };
  const rows: Execution[] = [];
  for await (const [, row] of ledger.store.list('execution', range)) rows.push(row);
  return rows;
}
