// A controller whose store is empty learns from the status branch what it must not do again.
//
// What the branch says has ended stays so. What it says was under way has an end that nobody can tell: Unknown,
// and never started again by itself. Agents hand over their journals besides (claims). Where the branch does not
// name every instance of a run, with its end, the run takes no further instance.

import type {
  ControllerStatus,
  InstanceResult,
  InstanceStatus,
  InvocationStatus,
  MemberStop,
  OccurrenceStatus,
  PastRun,
  RunStatus,
  StatusDocument,
} from '../../schemas/generated/status.ts';
import type { End } from '../../schemas/generated/wire.ts';
import { executionIdOf } from '../../schemas/identity.ts';
import type { Repeat } from '../manifest/catalog.ts';
import { isFinal, type Stop } from '../run/execution.ts';
import { type OccurrenceState, occurrenceKey } from '../run/occurrence.ts';
import { type InvocationRecord, type Run, recurs, type ScriptWork } from '../run/run.ts';
import { memberStopKey } from '../store/member-stops.ts';
import type { Change } from '../store/port.ts';

/** Changes that bring an empty store to what these documents say. `now` is an ISO time. */
export function adopt(documents: readonly StatusDocument[], now: string): Change[] {
  return documents.flatMap((document): Change[] => {
    switch (document.kind) {
      case 'InstanceStatus':
        return adoptInstance(document);
      case 'InvocationStatus':
        return adoptInvocation(document, now);
      case 'ControllerStatus':
        return adoptController(document);
      case 'CommandStatus':
        return []; // The snapshot has them.
    }
  });
}

/** So that a branch that was rewritten meanwhile is held, as it would have been. */
function adoptController({ status }: ControllerStatus): Change[] {
  const { acceptedCommit } = status;
  return acceptedCommit === undefined ? [] : [{ put: 'meta', key: 'acceptedCommit', value: acceptedCommit }];
}

function adoptInstance({ metadata, status }: InstanceStatus): Change[] {
  const { instance: id, publicKey, enrolledAt, agentVersion, os } = status;
  const facts = { hostname: '', os, arch: '', agentVersion, bootId: '' };
  const labels = status.givenLabels ?? {};
  // The given ones win, so it does no harm that they are among the agent's own too.
  const value = {
    id,
    name: metadata.name,
    labels,
    ownLabels: metadata.labels ?? {},
    publicKey,
    facts,
    enrolledAt,
    offers: 0,
  };
  return [{ put: 'instance', key: id, value }];
}

function adoptInvocation({ metadata, status }: InvocationStatus, now: string): Change[] {
  const { deleted, instances, olderRuns = [], pastRuns = [], run, targetsDigest = '' } = status;
  if (run === undefined) return [];
  const record: InvocationRecord = {
    name: metadata.name,
    path: run.source.path,
    targetsDigest,
    run: run.id,
    pastRuns: [...pastRuns.map(({ id }) => id), ...olderRuns],
    lateJoiners: 'Ignore',
    deletionPolicy: 'Finish',
    stop: false,
    ...(deleted === true && { deleted: { commit: run.source.commit, at: now } }),
  };
  const isRecurring = recurs(adoptRepeat(run));
  const stop = adoptStop(run, status.stoppedOnOmitted, now);
  const ended = instances.filter(({ phase }) => isFinal(phase));
  const isWhole = ended.length === instances.length && status.instancesOmitted === undefined;
  return [
    { put: 'invocation', key: record.name, value: record },
    {
      put: 'run',
      key: run.id,
      value: {
        ...adoptRun(run, record, run, now),
        ...((!isWhole || isRecurring) && { adopted: true }),
        ...lastTickOf(status.occurrences ?? []),
        ...(stop !== undefined && { stopped: stop }),
      },
    },
    ...(isRecurring
      ? [
          ...adoptStops(run.id, status.stoppedOn ?? []),
          ...adoptOccurrences(run, status.occurrences ?? [], now),
        ]
      : ended.map((result) => adoptResult(run.id, result, now))),
    ...[...pastRuns, ...olderRuns.map(forgotten)].map(
      (past): Change => ({ put: 'run', key: past.id, value: adoptRun(past, record, run, now) }),
    ),
  ];
}

/** Where a person stopped a run that recurs, it does not go on. */
function adoptStops(run: string, stops: readonly MemberStop[]): Change[] {
  return stops.map(({ instance, ...stop }) => ({
    put: 'memberStop',
    key: memberStopKey(run, instance),
    value: { ...stop, ifStarted: 'kill' },
  }));
}

/** The stop of the whole run; or of one where nobody can say any more where it was stopped. */
function adoptStop({ stopped }: RunStatus, omitted: number | undefined, now: string): Stop | undefined {
  if (stopped !== undefined) return { ...stopped, ifStarted: 'kill' };
  if (omitted === undefined) return undefined;
  const reason =
    'It was stopped on more instances than the status branch names. To let it go on, change rerun.';
  return { by: 'controller', reason, at: now, ifStarted: 'kill' };
}

/** What has been is past: ticks and boots that the branch knows of do not happen again. */
function adoptOccurrences(run: RunStatus, occurrences: readonly OccurrenceStatus[], now: string): Change[] {
  return occurrences.map(({ at, commit = '', endedAt = now, missed, occurrence, phases = {} }) => {
    const work = adoptWork(run);
    const state: OccurrenceState =
      missed === undefined
        ? { is: 'over', work, commit, endedAt, phases: endedPhases(phases) }
        : { is: 'missed', ...missed };
    const value = { run: run.id, occurrence, at, state };
    return { put: 'occurrence', key: occurrenceKey(run.id, occurrence), value };
  });
}

/** No tick that the branch knows of comes again. */
function lastTickOf(occurrences: readonly OccurrenceStatus[]): { lastTick?: string } {
  const ticks = occurrences.map(({ at, missed }) => missed?.through ?? at).sort();
  const lastTick = ticks.at(-1);
  return lastTick === undefined ? {} : { lastTick };
}

function adoptResult(run: string, result: InstanceResult, now: string): Change {
  const { endedAt, errorCode, exitCode, instance, message, phase, startedAt } = result;
  const occurrence = 'once';
  const id = executionIdOf(run, occurrence, instance);
  const end: End = {
    phase: phase as End['phase'],
    at: endedAt ?? now,
    ...(startedAt !== undefined && { startedAt }),
    ...(exitCode !== undefined && { exitCode }),
    ...(errorCode !== undefined && { errorCode }),
    ...(message !== undefined && { message }),
    outputBytes: 0,
  };
  return { put: 'execution', key: id, value: { id, run, occurrence, instance, state: { is: 'ended', end } } };
}

/** Past runs have no place and no command on the branch: they stand for that they executed. */
function adoptRun(
  past: RunStatus | PastRun,
  { name }: InvocationRecord,
  status: RunStatus,
  now: string,
): Run {
  return {
    id: past.id,
    digest: past.digest,
    digestWithoutName: 'digestWithoutName' in past ? past.digestWithoutName : '',
    invocation: name,
    work: adoptWork(status),
    repeat: adoptRepeat(status),
    deliverySeconds: 0,
    acceptedAt: past.acceptedAt,
    source: status.source,
    settled: { at: ('endedAt' in past ? past.endedAt : undefined) ?? now, phases: endedPhases(past.phases) },
  };
}

/** What it executed, as far as the branch says: enough to name it, not to run it. */
function adoptWork({ command, file }: RunStatus): Run['work'] {
  if (file !== undefined) {
    const { name, targetDir, contentDigest } = file;
    const blob = { sha256: contentDigest, size: 0 };
    return { does: 'send', file: { name, targetDir, mode: '', overwrite: false, blob }, timeoutSeconds: 0 };
  }
  return {
    does: 'run',
    command: {
      ...(command?.name !== undefined && { name: command.name }),
      type: (command?.type ?? 'RunShellScript') as ScriptWork['command']['type'],
      scriptDigest: command?.contentDigest ?? '',
    },
    parameters: {},
    timeoutSeconds: 0,
    terminationMode: 'ProcessTree',
  };
}

/** The rest of a schedule is in the manifest: while that is there, the run goes on with what it says. */
function adoptRepeat({ frequency, repeatMode = 'Once' }: RunStatus): Repeat {
  switch (repeatMode) {
    case 'Period':
      return {
        mode: 'Period',
        frequency: frequency ?? '',
        startingDeadlineSeconds: 0,
        concurrency: 'Forbid',
      };
    case 'DryRun':
    case 'NextRebootOnly':
    case 'EveryReboot':
      return { mode: repeatMode };
    default:
      return { mode: 'Once' };
  }
}

/** A run of which the branch says no more than that it was. */
function forgotten(id: string): PastRun {
  return { id, digest: '', acceptedAt: '', state: 'Finished', phases: {} };
}

function endedPhases(phases: Readonly<Partial<Record<string, number>>>): Record<string, number> {
  const ended: Record<string, number> = {};
  for (const [phase, count = 0] of Object.entries(phases)) {
    const end = isFinal(phase) ? phase : 'Unknown';
    ended[end] = (ended[end] ?? 0) + count;
  }
  return ended;
}
