import type {
  InvocationStatus,
  MemberStop,
  PastRun,
  RunStatus,
  StopRecord,
} from '../../schemas/generated/status.ts';
import type { Condition } from '../reconcile/outcome.ts';
import { overallPhase, overallState, type PhaseCounts, stateCounts } from '../run/aggregate.ts';
import type { Stop } from '../run/execution.ts';
import type { InvocationRecord, Run, Work } from '../run/run.ts';
import type { Ledger } from '../store/ledger.ts';
import { conditionDocuments } from './condition-documents.ts';
import { instanceResults } from './instance-results.ts';
import { nextTick, occurrenceResults } from './occurrence-results.ts';
import { present } from './present.ts';

const maxPastRuns = 20;
/** Of a run with more, a controller with an empty store lets nothing go on. */
const maxStops = 1000;
/** By their ids alone: so that a controller with an empty store runs none of them again. */
const maxOlderRuns = 2000;

/** Undefined if the controller has nothing to say about that name. */
export async function invocationDocument(
  ledger: Ledger,
  name: string,
  conditions: readonly Condition[],
): Promise<InvocationStatus | undefined> {
  const record = ledger.invocations.get(name);
  if (record === undefined && conditions.length === 0) return undefined;
  const head = { apiVersion: 'groundcrew.dev/v1', kind: 'InvocationStatus', metadata: { name } } as const;
  const run = record && ledger.runs.get(record.run);
  if (record === undefined || run === undefined) {
    const nothing = { conditions: conditionDocuments(conditions), counts: { total: 0 }, instances: [] };
    return { ...head, status: nothing };
  }
  const phases = ledger.phases(run.id);
  const counts = stateCounts(phases);
  const instances = await instanceResults(ledger, run, phases);
  const occurrences = occurrenceResults(ledger, run.id);
  const next = nextTick(ledger, run.id);
  const stops = [...ledger.stoppedOn(run.id)].sort(([a], [b]) => (a < b ? -1 : 1));
  const pastRuns = pastRunsOf(ledger, record);
  const olderRuns = record.pastRuns.slice(maxPastRuns, maxPastRuns + maxOlderRuns);
  return {
    ...head,
    status: {
      state: overallState(phases),
      phase: overallPhase(phases),
      ...(record.deleted !== undefined && { deleted: true }),
      conditions: conditionDocuments(conditions),
      counts,
      run: runStatus(run, phases),
      instances,
      ...(counts.total > instances.length && { instancesOmitted: counts.total - instances.length }),
      ...(next !== undefined && { next }),
      ...(stops.length > 0 && { stoppedOn: stops.slice(0, maxStops).map(memberStop) }),
      ...(stops.length > maxStops && { stoppedOnOmitted: stops.length - maxStops }),
      ...(occurrences.length > 0 && { occurrences }),
      ...(pastRuns.length > 0 && { pastRuns }),
      targetsDigest: record.targetsDigest,
      ...(olderRuns.length > 0 && { olderRuns }),
    },
  };
}

function runStatus(
  { id, digest, digestWithoutName, acceptedAt, repeat, settled, source, stopped, work }: Run,
  phases: PhaseCounts,
): RunStatus {
  return {
    id,
    digest,
    digestWithoutName,
    acceptedAt,
    ...(settled !== undefined && { endedAt: settled.at }),
    source: { commit: source.commit, path: source.path, line: source.line },
    ...contentOf(work),
    repeatMode: repeat.mode,
    ...(repeat.mode === 'Period' && { frequency: repeat.frequency }),
    phases: present(phases),
    ...(stopped !== undefined && { stopped: stopRecord(stopped) }),
  };
}

function contentOf(work: Work): Pick<RunStatus, 'command' | 'file'> {
  if (work.does === 'send') {
    const { name, targetDir, blob } = work.file;
    return { file: { name, targetDir, contentDigest: blob.sha256 } };
  }
  const { name, type, scriptDigest } = work.command;
  return { command: { ...(name !== undefined && { name }), type, contentDigest: scriptDigest } };
}

function memberStop([instance, stop]: [string, Stop]): MemberStop {
  return { instance, ...stopRecord(stop) };
}

function stopRecord({ by, reason, at }: Stop): StopRecord {
  return { by, reason, at };
}

function pastRunsOf(ledger: Ledger, record: InvocationRecord): PastRun[] {
  return record.pastRuns.slice(0, maxPastRuns).flatMap((id) => {
    const run = ledger.runs.get(id);
    if (run === undefined) return [];
    const phases = ledger.phases(run.id);
    const { digest, acceptedAt } = run;
    return [{ id, digest, acceptedAt, state: overallState(phases), phases: present(phases) }];
  });
}
