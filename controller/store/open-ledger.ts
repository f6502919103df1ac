import { occurrenceKey } from '../run/occurrence.ts';
import { type Run, recurs } from '../run/run.ts';
import { emptyFleet } from './fleet.ts';
import type { Ledger } from './ledger.ts';
import { applyChanges, type LedgerRecords } from './ledger-records.ts';
import { liveExecutions } from './live-executions.ts';
import { emptyMemberStops } from './member-stops.ts';
import { emptyOccurrences, type Occurrences } from './occurrences.ts';
import type { Change, Store, Table, Tables } from './port.ts';
import { runPhases } from './run-phases.ts';

/**
 * Reads what the controller keeps in memory from the store: all but the executions of settled runs. `onFault` is
 * told of a commit that cannot be: memory is then not what is on disk, and the process must end.
 */
export async function openLedger(
  store: Store,
  onFault: (error: unknown) => void = () => undefined,
): Promise<Ledger> {
  const records = await readRecords(store);
  const { fleet, live, memberStops, occurrences, runs } = records;
  const listeners = new Set<(changes: readonly Change[]) => void>();
  let newest: Promise<void> = Promise.resolve();

  return {
    store,
    epoch: store.epoch,
    commands: records.commands,
    invocations: records.invocations,
    runs,
    instances: fleet.instances,
    get fleetVersion() {
      return fleet.version();
    },
    findInstance: fleet.find,
    liveOn: live.onInstance,
    liveOf: live.ofRun,
    phases: (run) => runPhases(runs.get(run), records),
    occurrences: occurrences.of,
    stoppedOn: memberStops.of,
    occurrencePhases: (run, occurrence) => live.phases(occurrenceKey(run, occurrence)),
    liveIn: (run, occurrence) => live.liveIn(occurrenceKey(run, occurrence)),
    live: live.get,
    async commit(changes) {
      if (changes.length === 0) return newest;
      try {
        applyChanges(changes, records);
      } catch (error) {
        onFault(error);
        throw error;
      }
      newest = store.commit(changes);
      for (const listener of listeners) listener(changes);
      return newest;
    },
    settled: () => newest,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

async function readRecords(store: Store): Promise<LedgerRecords> {
  const commands = await readTable(store, 'command');
  const invocations = await readTable(store, 'invocation');
  const runs = await readTable(store, 'run');
  const occurrences = emptyOccurrences();
  const live = liveExecutions(runs);
  const memberStops = emptyMemberStops();
  const records = { commands, invocations, runs, fleet: emptyFleet(), live, occurrences, memberStops };
  for await (const [, instance] of store.list('instance')) records.fleet.put(instance);
  for await (const [, occurrence] of store.list('occurrence')) occurrences.put(occurrence);
  for await (const [key, stop] of store.list('memberStop')) memberStops.put(key, stop);
  for (const run of [...runs.values()].sort(byAcceptance)) {
    if (run.settled !== undefined) continue;
    for (const prefix of livePrefixes(run, occurrences))
      for await (const [, execution] of store.list('execution', { prefix })) live.put(execution);
  }
  return records;
}

async function readTable<T extends Table>(store: Store, table: T): Promise<Map<string, Tables[T]>> {
  const rows = new Map<string, Tables[T]>();
  for await (const [key, value] of store.list(table)) rows.set(key, value);
  return rows;
}

/** Where the executions of a run lie that may not have ended: what an occurrence has behind it is not read. */
function livePrefixes({ id, repeat }: Run, occurrences: Occurrences): string[] {
  if (!recurs(repeat)) return [`${id}.`];
  return [...occurrences.of(id).values()]
    .filter(({ state }) => state.is === 'ahead' || state.is === 'fired')
    .map(({ occurrence }) => `${occurrenceKey(id, occurrence)}.`);
}

/** The order that live executions come in, so that none of them has to be moved when it is read. */
function byAcceptance(a: Run, b: Run): number {
  if (a.acceptedAt === b.acceptedAt) return a.id < b.id ? -1 : 1;
  return a.acceptedAt < b.acceptedAt ? -1 : 1;
}
