// A ledger with invocations and executions as a controller would have them, for tests of what is shown.

import type { Outcome } from '../../controller/reconcile/outcome.ts';
import type { Execution, ExecutionState } from '../../controller/run/execution.ts';
import type { CommandRecord, InvocationRecord, Run } from '../../controller/run/run.ts';
import type { Change, Instance } from '../../controller/store/port.ts';
import { sha256 } from '../../schemas/digest.ts';
import type { End, FinalPhase } from '../../schemas/generated/wire.ts';
import { executionIdOf, runIdOf } from '../../schemas/identity.ts';
import { shellRun } from './run.ts';

export const someTime = '2026-12-01T08:00:00.000Z';

export const emptyOutcome: Outcome = {
  acceptedCommit: '0123456789abcdef0123456789abcdef01234567',
  problems: [],
  invocationConditions: new Map(),
  holds: [],
  conditions: [],
};

export function someInstance(n: number, changes: Partial<Instance> = {}): Instance {
  return {
    id: `mi-${sha256(`instance ${n}`).slice(0, 20)}`,
    name: `web-${n}`,
    labels: { role: 'web' },
    ownLabels: {},
    publicKey: Buffer.from(sha256(`key ${n}`), 'hex').toString('base64'),
    facts: { hostname: `web-${n}`, os: 'linux', arch: 'x64', agentVersion: '0.1.0', bootId: 'b' },
    enrolledAt: someTime,
    offers: 0,
    ...changes,
  };
}

export function someCommand(name: string, changes: Partial<CommandRecord> = {}): CommandRecord {
  return {
    name,
    path: `manifests/${name}.yaml`,
    line: 4,
    commit: 'c0ffee',
    type: 'RunShellScript',
    scriptDigest: sha256(`script ${name}`),
    parameters: [],
    timeoutSeconds: 60,
    ...changes,
  };
}

export function someRun(invocation: string, version = 1, changes: Partial<Run> = {}): Run {
  const digest = sha256(`${invocation} ${version}`);
  return {
    id: runIdOf(digest),
    digest,
    digestWithoutName: digest,
    invocation,
    ...shellRun(sha256('script'), {
      command: { name: 'hello', type: 'RunShellScript', scriptDigest: sha256('script') },
    }),
    acceptedAt: someTime,
    source: { commit: 'c0ffee', path: `manifests/${invocation}.yaml`, line: 3 },
    ...changes,
  };
}

export function someInvocation(run: Run, changes: Partial<InvocationRecord> = {}): InvocationRecord {
  return {
    name: run.invocation,
    path: run.source.path,
    targetsDigest: sha256('targets'),
    run: run.id,
    pastRuns: [],
    lateJoiners: 'Ignore',
    deletionPolicy: 'Finish',
    stop: false,
    ...changes,
  };
}

export function someExecution(run: Run, instance: Instance, state: ExecutionState): Execution {
  const id = executionIdOf(run.id, 'once', instance.id);
  return { id, run: run.id, occurrence: 'once', instance: instance.id, state };
}

export function ended(phase: FinalPhase, changes: Partial<End> = {}): ExecutionState {
  return { is: 'ended', offer: 1, end: { phase, at: someTime, outputBytes: 0, ...changes } };
}

export function putExecution(execution: Execution): Change {
  return { put: 'execution', key: execution.id, value: execution };
}

export function putInstance(instance: Instance): Change {
  return { put: 'instance', key: instance.id, value: instance };
}

export function putCommand(command: CommandRecord): Change {
  return { put: 'command', key: command.name, value: command };
}

/** The run, and the Invocation that it is in force for. */
export function putRun(run: Run, record: InvocationRecord = someInvocation(run)): Change[] {
  return [
    { put: 'run', key: run.id, value: run },
    { put: 'invocation', key: record.name, value: record },
  ];
}

export function putOutput(execution: Execution, text: string): Change {
  const bytes = Buffer.from(text);
  const output = { head: bytes.toString('base64'), tail: '', tailOffset: bytes.length, bytes: bytes.length };
  return { put: 'output', key: execution.id, value: output };
}
