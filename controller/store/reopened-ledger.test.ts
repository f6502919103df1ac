import fc from 'fast-check';
import { expect, it } from 'vitest';
import { executionIdOf } from '../../schemas/identity.ts';
import { memoryStore } from '../../test/support/memory-store.ts';
import { shellRun, waiting } from '../../test/support/run.ts';
import { type Execution, phaseOf } from '../run/execution.ts';
import type { OccurrenceState } from '../run/occurrence.ts';
import type { Run } from '../run/run.ts';
import { type Event, transition } from '../run/transition.ts';
import type { Ledger } from './ledger.ts';
import { openLedger } from './open-ledger.ts';
import type { Change, Instance } from './port.ts';

const at = '2026-12-01T08:00:00.000Z';
const ids = {
  run: ['r-1', 'r-2', 'r-3'],
  occurrence: ['boot-1', 'boot-2'],
  instance: ['mi-1', 'mi-2'],
  name: ['web', 'db'],
};

/** The one of them that recurs. */
const recurring = 'r-2';
const fired = { work: shellRun('d').work, commit: 'c' };

function occurrenceOf({ occurrence, run }: { occurrence: string; run: string }): string {
  return run === recurring ? occurrence : 'once';
}

type Act =
  | { act: 'accept'; run: string; acceptedAt: string }
  | { act: 'target'; run: string; occurrence: string; instance: string }
  | { act: 'event'; run: string; occurrence: string; instance: string; event: Event }
  | { act: 'settle'; run: string }
  | { act: 'close'; run: string; occurrence: string }
  | { act: 'exclude'; run: string; instance: string }
  | { act: 'forget'; run: string; occurrence: string; instance: string }
  | { act: 'enrol'; instance: string; name: string; enrolledAt: string }
  | { act: 'record'; table: 'command' | 'invocation'; name: string; path: string }
  | { act: 'delete'; table: 'command' | 'invocation' | 'instance' | 'run'; key: string };

const run = fc.constantFrom(...ids.run);
const occurrence = fc.constantFrom(...ids.occurrence);
const instance = fc.constantFrom(...ids.instance);
const name = fc.constantFrom(...ids.name);
const time = fc.constantFrom('1', '2');
const event = fc.constantFrom<Event>(
  { event: 'offer', offer: 1 },
  { event: 'received', offer: 1 },
  { event: 'started', offer: 1, at },
  { event: 'ended', end: { phase: 'Success', at, outputBytes: 0 } },
  { event: 'ended', end: { phase: 'Timeout', at, outputBytes: 0 } },
  { event: 'stop', stop: { by: 'ann', reason: '', at, ifStarted: 'kill' } },
  { event: 'stop', stop: { by: 'ann', reason: '', at, ifStarted: 'leave' } },
);
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ act: fc.constant('accept'), run, acceptedAt: time }),
  { weight: 3, arbitrary: fc.record({ act: fc.constant('target'), run, occurrence, instance }) },
  { weight: 5, arbitrary: fc.record({ act: fc.constant('event'), run, occurrence, instance, event }) },
  fc.record({ act: fc.constant('settle'), run }),
  fc.record({ act: fc.constant('close'), run, occurrence }),
  fc.record({ act: fc.constant('exclude'), run, instance }),
  fc.record({ act: fc.constant('forget'), run, occurrence, instance }),
  fc.record({ act: fc.constant('enrol'), instance, name, enrolledAt: time }),
  fc.record({
    act: fc.constant('record'),
    table: fc.constantFrom('command' as const, 'invocation' as const),
    name,
    path: time,
  }),
  fc.record({
    act: fc.constant('delete'),
    table: fc.constantFrom('command' as const, 'invocation' as const),
    key: name,
  }),
  fc.record({ act: fc.constant('delete'), table: fc.constant('instance'), key: instance }),
  fc.record({ act: fc.constant('delete'), table: fc.constant('run'), key: run }),
);

it('A ledger knows the same, in the same order, before and after a restart, whatever was committed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 60, size: 'max' }), async (acts) => {
      const store = await memoryStore();
      try {
        const ledger = await openLedger(store);
        for (const each of acts) await ledger.commit(await changesOf(each, ledger));
        expect(viewOf(ledger)).toEqual(viewOf(await openLedger(store)));
        for (const id of ids.run.filter((each) => each !== recurring))
          expect(ledger.phases(id)).toEqual(ledger.runs.has(id) ? await countedPhases(id, ledger) : {});
      } finally {
        await store.close();
      }
    }),
    { numRuns: 200 },
  );
});

/** The changes that a controller would make: none where the act makes no sense now. */
async function changesOf(act: Act, ledger: Ledger): Promise<Change[]> {
  switch (act.act) {
    case 'accept':
      return ledger.runs.has(act.run) ? [] : [putRun({ ...newRun(act.run), acceptedAt: act.acceptedAt })];
    case 'target': {
      const known = ledger.runs.get(act.run);
      const { run, instance } = act;
      const occurrence = occurrenceOf(act);
      const id = executionIdOf(run, occurrence, instance);
      if (known === undefined || (await ledger.store.get('execution', id)) !== undefined) return [];
      const { settled, ...reopened } = known;
      const target: Execution = { id, run, occurrence, instance, state: waiting };
      // The execution first: the order within a commit does not matter.
      return [
        putExecution(target),
        ...(settled === undefined ? [] : [putRun(reopened)]),
        ...(run === recurring ? [putOccurrence(run, occurrence, { is: 'fired', ...fired })] : []),
      ];
    }
    case 'event': {
      const execution = ledger.live(executionIdOf(act.run, occurrenceOf(act), act.instance));
      const state = execution && transition(execution.state, act.event);
      return execution && state ? [putExecution({ ...execution, state })] : [];
    }
    case 'settle': {
      const known = ledger.runs.get(act.run);
      if (known === undefined || known.settled || ledger.liveOf(act.run).size > 0) return [];
      return [putRun({ ...known, settled: { at, phases: ledger.phases(act.run) } })];
    }
    case 'close': {
      const state = ledger.occurrences(act.run).get(act.occurrence)?.state;
      if (state?.is !== 'fired' || ledger.liveIn(act.run, act.occurrence) > 0) return [];
      const phases = ledger.occurrencePhases(act.run, act.occurrence);
      return [putOccurrence(act.run, act.occurrence, { ...state, is: 'over', endedAt: at, phases })];
    }
    case 'exclude':
      return act.run === recurring && ledger.runs.has(act.run) ? [putStop(act.run, act.instance)] : [];
    case 'forget': {
      const execution = ledger.live(executionIdOf(act.run, occurrenceOf(act), act.instance));
      return execution ? [{ delete: 'execution', key: execution.id }] : [];
    }
    case 'enrol':
      return [putInstance(act.instance, act.name, act.enrolledAt)];
    case 'record':
      return [putRecord(act.table, act.name, act.path)];
    case 'delete':
      return act.table === 'run' ? deleteRun(act.key, ledger) : [{ delete: act.table, key: act.key }];
  }
}

async function deleteRun(run: string, ledger: Ledger): Promise<Change[]> {
  const changes: Change[] = [{ delete: 'run', key: run }];
  for await (const [key] of ledger.store.list('execution', { prefix: `${run}.` }))
    changes.push({ delete: 'execution', key });
  for await (const [key] of ledger.store.list('occurrence', { prefix: `${run}.` }))
    changes.push({ delete: 'occurrence', key });
  for await (const [key] of ledger.store.list('memberStop', { prefix: `${run}.` }))
    changes.push({ delete: 'memberStop', key });
  return changes;
}

const allExecutions = ids.run.flatMap((run) =>
  [...ids.occurrence, 'once'].flatMap((occurrence) =>
    ids.instance.map((id) => executionIdOf(run, occurrence, id)),
  ),
);

/** Everything that a ledger tells. What is live on an instance has an order. */
function viewOf(ledger: Ledger): unknown {
  const sorted = <V>(map: ReadonlyMap<string, V>): [string, V][] =>
    [...map].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    commands: sorted(ledger.commands),
    invocations: sorted(ledger.invocations),
    runs: sorted(ledger.runs),
    instances: sorted(ledger.instances),
    liveOn: ids.instance.map((id) => [...ledger.liveOn(id)]),
    liveOf: ids.run.map((id) => sorted(ledger.liveOf(id))),
    phases: ids.run.map(ledger.phases),
    occurrences: ids.run.map((id) => sorted(ledger.occurrences(id))),
    stopped: ids.run.map((id) => sorted(ledger.stoppedOn(id))),
    liveIn: ids.run.flatMap((id) => ids.occurrence.map((each) => ledger.liveIn(id, each))),
    found: [...ids.name, ...ids.instance].map((idOrName) => ledger.findInstance(idOrName)?.id),
    live: allExecutions.map(ledger.live),
  };
}

async function countedPhases(run: string, ledger: Ledger): Promise<Record<string, number>> {
  const phases: Record<string, number> = {};
  for await (const [, { state }] of ledger.store.list('execution', { prefix: `${run}.` }))
    phases[phaseOf(state)] = (phases[phaseOf(state)] ?? 0) + 1;
  return phases;
}

function newRun(id: string): Run {
  return {
    id,
    digest: id,
    digestWithoutName: id,
    invocation: 'hello',
    ...shellRun('d'),
    ...(id === recurring && { repeat: { mode: 'EveryReboot' } }),
    acceptedAt: at,
    source: { commit: 'c', path: 'hello.yaml', line: 1 },
  };
}

function putRun(value: Run): Change {
  return { put: 'run', key: value.id, value };
}

function putOccurrence(run: string, occurrence: string, state: OccurrenceState): Change {
  return {
    put: 'occurrence',
    key: `${run}.${occurrence}`,
    value: { run, occurrence, at: occurrence, state },
  };
}

function putStop(run: string, instance: string): Change {
  const value = { by: 'ann', reason: '', at, ifStarted: 'kill' } as const;
  return { put: 'memberStop', key: `${run}.${instance}`, value };
}

function putExecution(value: Execution): Change {
  return { put: 'execution', key: value.id, value };
}

function putInstance(id: string, name: string, enrolledAt: string): Change {
  const facts = { hostname: 'h', os: 'linux', arch: 'x64', agentVersion: '0.1.0', bootId: 'b' };
  const value: Instance = {
    id,
    name,
    labels: {},
    ownLabels: {},
    publicKey: id,
    facts,
    enrolledAt,
    offers: 0,
  };
  return { put: 'instance', key: id, value };
}

function putRecord(table: 'command' | 'invocation', name: string, path: string): Change {
  if (table === 'command') {
    const type = 'RunShellScript';
    const value = { name, path, line: 1, commit: 'c', digest: 'd', type, scriptDigest: 's' } as const;
    return { put: table, key: name, value: { ...value, parameters: [], timeoutSeconds: 60 } };
  }
  const value = { name, path, targetsDigest: 't', run: 'r-1', pastRuns: [], stop: false } as const;
  return { put: table, key: name, value: { ...value, lateJoiners: 'Ignore', deletionPolicy: 'Finish' } };
}
