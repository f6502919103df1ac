// What of the results goes, and when. Pure.
//
// What ended together goes together: a run, or one occurrence of a run that goes on. What says that something has
// run never goes: the record of a run stays, and so does the record of each execution of a run in force that says
// where it has executed.
//
//                                    in force                          no longer in force
//   a run that happens once          its outputs                       all its executions
//   an occurrence that is past       all its executions, but those     all its executions
//                                    of the newest that executed
import { stateCounts } from '../run/aggregate.ts';
import type { Occurrence } from '../run/occurrence.ts';
import { goesOn, type InvocationRecord, type Run } from '../run/run.ts';

/** Executions that have ended, of which the results are still there. */
export interface Results {
  run: string;
  /** Only of a run that goes on. */
  occurrence?: string;
  endedAt: string;
  executions: number;
  removes: 'outputs' | 'executions';
}

export interface KeepLimits {
  seconds: number;
  executions: number;
}

/** Those that are older than the limit, and of the others the oldest as long as there are too many in all. */
export function expired(results: readonly Results[], live: number, now: string, keep: KeepLimits): Results[] {
  const oldest = new Date(Date.parse(now) - keep.seconds * 1000).toISOString();
  let count = results.reduce((sum, { executions }) => sum + executions, live);
  const goes: Results[] = [];
  for (const each of results.toSorted((a, b) => (a.endedAt < b.endedAt ? -1 : 1))) {
    if (each.endedAt >= oldest && count <= keep.executions) break;
    goes.push(each);
    count -= each.executions;
  }
  return goes;
}

/** Whether the Invocation has it in force: what its manifest asks for now. */
export function isInForce(run: Run, invocations: ReadonlyMap<string, InvocationRecord>): boolean {
  const record = invocations.get(run.invocation);
  return record?.run === run.id && record.deleted === undefined;
}

/** The results of a run that does not go on; undefined while it has not ended, or when there is nothing left. */
export function resultsOf(run: Run, inForce: boolean): Results | undefined {
  const { settled } = run;
  if (settled === undefined || goesOn(run.repeat) || settled.removed === 'all') return undefined;
  if (inForce && settled.removed !== undefined) return undefined;
  const removes = inForce ? 'outputs' : 'executions';
  return { run: run.id, endedAt: settled.at, executions: stateCounts(settled.phases).total, removes };
}

/** The results of the occurrences of one run that goes on, as far as they may go. */
export function resultsOfOccurrences(occurrences: readonly Occurrence[], inForce: boolean): Results[] {
  const newest = inForce ? newestOver(occurrences) : undefined;
  return occurrences.flatMap(({ occurrence, run, state }): Results[] => {
    if (occurrence === newest) return [];
    if (state.is === 'missed')
      return [{ run, occurrence, endedAt: state.through, executions: 0, removes: 'executions' }];
    if (state.is !== 'over') return [];
    const executions = stateCounts(state.phases).total;
    return [{ run, occurrence, endedAt: state.endedAt, executions, removes: 'executions' }];
  });
}

function newestOver(occurrences: readonly Occurrence[]): string | undefined {
  let newest: Occurrence | undefined;
  for (const each of occurrences)
    if (each.state.is === 'over' && (newest === undefined || newest.at < each.at)) newest = each;
  return newest?.occurrence;
}
