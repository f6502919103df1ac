// The executions that have not ended, by id, by instance and by run, and how many of each occurrence are in which phase.
//
// 1. On an instance they are in the order of acceptance: of their runs (time, then id), then their own ids.
//    The order is derived from the records, so it is the same after a restart.
// 2. An execution that has ended is put once; it stays in the count of its occurrence.
import { type Execution, isFinal, phaseOf } from '../run/execution.ts';
import { occurrenceKey } from '../run/occurrence.ts';
import type { Run } from '../run/run.ts';

export interface LiveExecutions {
  get(id: string): Execution | undefined;
  onInstance(instance: string): ReadonlyMap<string, Execution>;
  ofRun(run: string): ReadonlyMap<string, Execution>;
  /** Of an occurrence, by its key. */
  phases(occurrence: string): Record<string, number>;
  /** How many executions of an occurrence have not ended. */
  liveIn(occurrence: string): number;
  put(execution: Execution): void;
  delete(id: string): void;
  /** Begins the count of an occurrence anew, from these executions that have ended. */
  recount(occurrence: string, phases: Readonly<Partial<Record<string, number>>>): void;
  forgetCount(occurrence: string): void;
}

const none: ReadonlyMap<string, Execution> = new Map();

/** An empty index. `runs` is where it finds when a run was accepted. */
export function liveExecutions(runs: ReadonlyMap<string, Run>): LiveExecutions {
  const byId = new Map<string, Execution>();
  const byInstance = new Map<string, Map<string, Execution>>();
  const byRun = new Map<string, Map<string, Execution>>();
  const unsorted = new Set<string>();
  const counts = new Map<string, Map<string, number>>();

  function put(execution: Execution): void {
    const known = byId.get(execution.id);
    if (known !== undefined) count(known, -1);
    count(execution, 1);
    if (execution.state.is === 'ended') remove(execution);
    else keep(execution, known === undefined);
  }

  function keep(execution: Execution, isNew: boolean): void {
    byId.set(execution.id, execution);
    entry(byRun, execution.run).set(execution.id, execution);
    entry(byInstance, execution.instance).set(execution.id, execution);
    if (isNew) unsorted.add(execution.instance);
  }

  /** Sorted when somebody looks, so that many at once cost one sort. A new map: who walks the old one goes on. */
  function onInstance(instance: string): ReadonlyMap<string, Execution> {
    if (unsorted.delete(instance)) {
      const executions = [...entry(byInstance, instance).values()];
      executions.sort((a, b) => (isAcceptedBefore(a, b) ? -1 : 1));
      byInstance.set(instance, new Map(executions.map((execution) => [execution.id, execution])));
    }
    return byInstance.get(instance) ?? none;
  }

  function isAcceptedBefore(a: Execution, b: Execution): boolean {
    if (a.run === b.run) return a.id < b.id;
    const [timeA, timeB] = [runs.get(a.run)?.acceptedAt ?? '', runs.get(b.run)?.acceptedAt ?? ''];
    return timeA === timeB ? a.run < b.run : timeA < timeB;
  }

  function remove({ id, run, instance }: Execution): void {
    byId.delete(id);
    removeFrom(byRun, run, id);
    if (removeFrom(byInstance, instance, id)) unsorted.delete(instance);
  }

  function count({ run, occurrence, state }: Execution, difference: 1 | -1): void {
    const phases = entry(counts, occurrenceKey(run, occurrence));
    const phase = phaseOf(state);
    phases.set(phase, (phases.get(phase) ?? 0) + difference);
  }

  return {
    get: (id) => byId.get(id),
    onInstance,
    ofRun: (run) => byRun.get(run) ?? none,
    phases: (occurrence) =>
      Object.fromEntries([...(counts.get(occurrence) ?? [])].filter(([, count]) => count > 0)),
    liveIn(occurrence) {
      let live = 0;
      for (const [phase, count] of counts.get(occurrence) ?? []) if (!isFinal(phase)) live += count;
      return live;
    },
    put,
    delete(id) {
      const execution = byId.get(id);
      if (execution === undefined) return;
      count(execution, -1);
      remove(execution);
    },
    recount(occurrence, phases) {
      counts.set(occurrence, new Map(Object.entries(phases).map(([phase, count = 0]) => [phase, count])));
    },
    forgetCount: (occurrence) => void counts.delete(occurrence),
  };
}

function entry<V>(index: Map<string, Map<string, V>>, key: string): Map<string, V> {
  let found = index.get(key);
  if (found === undefined) index.set(key, (found = new Map()));
  return found;
}

/** Whether the index has nothing left under the key. */
function removeFrom(index: Map<string, Map<string, Execution>>, key: string, id: string): boolean {
  const found = index.get(key);
  found?.delete(id);
  if (found?.size === 0) index.delete(key);
  return found === undefined || found.size === 0;
}
