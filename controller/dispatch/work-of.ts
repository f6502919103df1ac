import type { Execution } from '../run/execution.ts';
import { recurs, type Work } from '../run/run.ts';
import type { Ledger } from '../store/ledger.ts';

/** What an execution does; undefined if the store has lost it, or if it is not due. */
export function workOf(ledger: Ledger, { run: id, occurrence }: Execution): Work | undefined {
  const run = ledger.runs.get(id);
  if (run === undefined || !recurs(run.repeat)) return run?.work;
  const state = ledger.occurrences(id).get(occurrence)?.state;
  return state !== undefined && 'work' in state ? state.work : undefined;
}
