import { stateCounts } from '../run/aggregate.ts';
import type { Occurrence } from '../run/occurrence.ts';
import type { Ledger } from '../store/ledger.ts';
import type { Change, CommandPast } from '../store/port.ts';

/** So many Invocations are named. */
const mostNames = 20;

/** Two sums of the same content as one. */
export function addPast(a: CommandPast | undefined, b: CommandPast): CommandPast {
  if (a === undefined) return b;
  const [first, last] = a.firstRun <= b.firstRun ? [a, b] : [b, a];
  return {
    digest: a.digest,
    commit: first.commit,
    firstRun: first.firstRun,
    lastRun: a.lastRun > b.lastRun ? a.lastRun : b.lastRun,
    executions: a.executions + b.executions,
    invocations: [...new Set([...first.invocations, ...last.invocations])].slice(0, mostNames),
  };
}

/** What an occurrence has run; undefined if it ran nothing, or no Command. */
export function pastOf(
  { at, state }: Occurrence,
  invocation: string,
  executions: number,
): { name: string; past: CommandPast } | undefined {
  if ((state.is !== 'over' && state.is !== 'fired') || state.work.does !== 'run') return undefined;
  const { commit, work } = state;
  const { name, scriptDigest: digest } = work.command;
  if (name === undefined) return undefined;
  return { name, past: { digest, commit, firstRun: at, lastRun: at, executions, invocations: [invocation] } };
}

/** What is written when the record of an occurrence goes, so that the history of its Command still has it. */
export async function inPast(ledger: Ledger, occurrence: Occurrence): Promise<Change[]> {
  const { run, state } = occurrence;
  if (state.is !== 'over') return [];
  const { total } = stateCounts(state.phases);
  const found = pastOf(occurrence, ledger.runs.get(run)?.invocation ?? '', total);
  if (found === undefined) return [];
  const key = `${found.name}:${found.past.digest}`;
  const before = await ledger.store.get('commandPast', key);
  return [{ put: 'commandPast', key, value: addPast(before, found.past) }];
}
