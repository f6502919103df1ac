// What the ledger holds in memory, and what a commit does to it.
//
// 1. Within a commit, runs come before executions, whatever the order of the changes: an execution is placed and
//    counted by its run.
// 2. Executions of a settled run are in nobody's memory: a commit that would leave one live there, or one without
//    a run, is a fault of the program and throws. Who adds an execution to a settled run puts the run without
//    `settled` in the same commit.
import { type Occurrence, occurrenceKey } from '../run/occurrence.ts';
import { type CommandRecord, type InvocationRecord, type Run, recurs } from '../run/run.ts';
import type { Fleet } from './fleet.ts';
import type { LiveExecutions } from './live-executions.ts';
import type { MemberStops } from './member-stops.ts';
import type { Occurrences } from './occurrences.ts';
import type { Change } from './port.ts';

export interface LedgerRecords {
  commands: Map<string, CommandRecord>;
  invocations: Map<string, InvocationRecord>;
  runs: Map<string, Run>;
  fleet: Fleet;
  live: LiveExecutions;
  occurrences: Occurrences;
  memberStops: MemberStops;
}

/** Makes the changes; those of tables that only the store holds change nothing here. */
export function applyChanges(changes: readonly Change[], records: LedgerRecords): void {
  const runs = new Set<string>();
  for (const change of changes) {
    applyRecord(change, records);
    if (('put' in change ? change.put : change.delete) === 'run') runs.add(change.key);
  }
  for (const change of changes) applyExecution(change, records, runs);
  for (const change of changes) applyOccurrence(change, records);
  for (const run of runs) closeCount(run, records);
}

function applyRecord(change: Change, records: LedgerRecords): void {
  const { commands, fleet, invocations, live, memberStops, runs } = records;
  if ('delete' in change) {
    if (change.delete === 'command') commands.delete(change.key);
    if (change.delete === 'invocation') invocations.delete(change.key);
    if (change.delete === 'run') runs.delete(change.key);
    if (change.delete === 'instance') fleet.delete(change.key);
    if (change.delete === 'memberStop') memberStops.delete(change.key);
    return;
  }
  if (change.put === 'command') commands.set(change.key, change.value);
  if (change.put === 'invocation') invocations.set(change.key, change.value);
  if (change.put === 'instance') fleet.put(change.value);
  if (change.put === 'occurrence') reopenCount(change.value, records);
  if (change.put === 'memberStop') memberStops.put(change.key, change.value);
  if (change.put === 'run') {
    const before = runs.get(change.key)?.settled;
    if (before !== undefined && change.value.settled === undefined && !recurs(change.value.repeat))
      live.recount(occurrenceKey(change.key, 'once'), before.phases);
    runs.set(change.key, change.value);
  }
}

function applyExecution(change: Change, { runs, live }: LedgerRecords, changedRuns: Set<string>): void {
  if ('delete' in change) {
    if (change.delete === 'execution') live.delete(change.key);
    return;
  }
  if (change.put !== 'execution') return;
  const run = runs.get(change.value.run);
  if (run === undefined) throw new Error(`execution ${change.key} of a run that is not there`);
  if (run.settled !== undefined && !changedRuns.has(run.id))
    throw new Error(`execution ${change.key} of a run that is settled`);
  live.put(change.value);
}

/** An occurrence that is over and fires once more (another instance with the same boot) goes on counting. */
function reopenCount({ occurrence, run, state }: Occurrence, { live, occurrences }: LedgerRecords): void {
  const before = occurrences.of(run).get(occurrence)?.state;
  if (before?.is === 'over' && state.is === 'fired')
    live.recount(occurrenceKey(run, occurrence), before.phases);
}

/** An occurrence that is over is counted no longer: its record has the counts. */
function applyOccurrence(change: Change, { live, occurrences }: LedgerRecords): void {
  if ('delete' in change) {
    if (change.delete === 'occurrence') occurrences.delete(change.key);
    return;
  }
  if (change.put !== 'occurrence') return;
  occurrences.put(change.value);
  if (change.value.state.is === 'over') live.forgetCount(change.key);
}

/** A run that is settled or gone is counted no longer, and must have nothing live. */
function closeCount(id: string, { runs, live }: LedgerRecords): void {
  const run = runs.get(id);
  if (run !== undefined && run.settled === undefined) return;
  const [execution] = live.ofRun(id).keys();
  if (execution !== undefined) throw new Error(`run ${id} is closed while ${execution} is live`);
  live.forgetCount(occurrenceKey(id, 'once'));
}
