import { expect, test } from 'vitest';
import { problem } from '../../schemas/problem.ts';
import { schema } from '../../schemas/validator.ts';
import { memoryStore } from '../../test/support/memory-store.ts';
import { waiting } from '../../test/support/run.ts';
import {
  emptyOutcome,
  ended,
  putCommand,
  putExecution,
  putInstance,
  putOutput,
  putRun,
  someCommand,
  someExecution,
  someInstance,
  someInvocation,
  someRun,
  someTime,
} from '../../test/support/status-fleet.ts';
import type { Outcome } from '../reconcile/outcome.ts';
import type { ExecutionState } from '../run/execution.ts';
import type { Ledger } from '../store/ledger.ts';
import { openLedger } from '../store/open-ledger.ts';
import type { Change } from '../store/port.ts';
import { documentsOf } from './documents.ts';
import { emitYaml } from './emit-yaml.ts';
import { readStatusFile } from './recover.ts';

const run = someRun('deploy');

async function ledgerWith(changes: Change[]): Promise<Ledger> {
  const ledger = await openLedger(await memoryStore());
  await ledger.commit(changes);
  return ledger;
}

/** Instances 0 … n-1, each in the state that the function says. */
async function fleet(count: number, stateOf: (n: number) => ExecutionState): Promise<Ledger> {
  const instances = Array.from({ length: count }, (_, n) => someInstance(n));
  const executions = instances.map((instance, n) => someExecution(run, instance, stateOf(n)));
  return ledgerWith([
    ...instances.map(putInstance),
    ...putRun(run),
    ...executions.map(putExecution),
    ...executions.map((execution) => putOutput(execution, `said by ${execution.instance}\n`)),
  ]);
}

async function invocationOf(ledger: Ledger, outcome: Outcome = emptyOutcome) {
  const document = await documentsOf(ledger, () => outcome).invocationDocument('deploy');
  if (document === undefined) throw new Error('there is no document');
  expect(validates(document)).toBe(true);
  return document.status;
}

function validates(document: unknown): boolean {
  const validate = schema('status');
  if (!validate(document)) throw new Error(JSON.stringify(validate.errors?.slice(0, 3), null, 1));
  return true;
}

test('an invocation that failed somewhere shows where first, with its last words', async () => {
  const ledger = await fleet(60, (n) =>
    n % 20 === 7 ? ended('Failed', { exitCode: 3 }) : ended('Success', { exitCode: 0 }),
  );
  const status = await invocationOf(ledger);
  expect(status).toMatchObject({
    state: 'Finished',
    phase: 'PartialFailed',
    counts: { total: 60, Finished: 60 },
  });
  const failed = status.instances.slice(0, 3);
  expect(failed.map(({ exitCode }) => exitCode)).toEqual([3, 3, 3]);
  expect(failed[0]?.outputTail).toBe(`said by ${failed[0]?.instance}`);
  const others = status.instances.slice(3);
  expect(others.every((one) => one.exitCode === 0 && one.outputTail === undefined)).toBe(true);
  const ids = others.map(({ instance }) => instance);
  expect(ids).toEqual([...ids].sort());
  const all = [...ledger.instances.keys()]
    .filter((id) => !failed.some(({ instance }) => instance === id))
    .sort();
  expect(ids).toEqual(all.slice(0, 20));
  expect(status.instancesOmitted).toBe(37);
});

test('of many failing instances fifty are shown and the rest is counted', async () => {
  const status = await invocationOf(await fleet(120, (n) => (n < 110 ? ended('Timeout') : waiting)));
  expect(status.instances).toHaveLength(50);
  expect(status.instances.every(({ phase, state }) => phase === 'Timeout' && state === 'Failed')).toBe(true);
  expect(status.instancesOmitted).toBe(70);
  expect(status.counts).toEqual({ total: 120, Running: 10, Failed: 110 });
});

test('what has not ended shows since when it runs', async () => {
  const stop = { by: 'ops', reason: 'wrong', at: someTime, ifStarted: 'kill' } as const;
  const states: ExecutionState[] = [
    waiting,
    { is: 'running', offer: 1, startedAt: someTime },
    { is: 'stopping', offer: 1, startedAt: someTime, stop },
  ];
  const status = await invocationOf(await fleet(3, (n) => states[n] ?? waiting));
  const byPhase = Object.fromEntries(status.instances.map((one) => [one.phase, one]));
  expect(byPhase['Pending']?.startedAt).toBeUndefined();
  expect(byPhase['Running']?.startedAt).toBe(someTime);
  expect(byPhase['Stopping']?.startedAt).toBe(someTime);
  expect(status.instancesOmitted).toBeUndefined();
});

test('an invocation of which nothing was accepted shows its conditions and no state', async () => {
  const condition = {
    type: 'Accepted',
    status: 'False',
    reason: 'Invalid',
    message: 'no',
    since: someTime,
  } as const;
  const outcome = { ...emptyOutcome, invocationConditions: new Map([['deploy', [condition]]]) };
  const status = await invocationOf(await ledgerWith([]), outcome);
  expect(status).toEqual({ conditions: [condition], counts: { total: 0 }, instances: [] });
  expect(
    await documentsOf(await ledgerWith([]), () => emptyOutcome).invocationDocument('other'),
  ).toBeUndefined();
});

test('earlier versions stay on record, the newest twenty of them, and a deleted one says so', async () => {
  const past = Array.from({ length: 25 }, (_, n) => someRun('deploy', 100 - n));
  const stop = { by: 'ops', reason: 'why not', at: someTime, ifStarted: 'kill' } as const;
  const now = someRun('deploy', 200, { stopped: stop, settled: { at: someTime, phases: { Cancelled: 2 } } });
  const record = someInvocation(now, {
    pastRuns: past.map(({ id }) => id),
    deleted: { commit: 'c', at: someTime },
  });
  const status = await invocationOf(
    await ledgerWith([...past.flatMap((one) => putRun(one)), ...putRun(now, record)]),
  );
  expect(status.deleted).toBe(true);
  expect(status.state).toBe('Stopped');
  expect(status.run).toMatchObject({
    id: now.id,
    endedAt: someTime,
    stopped: { by: 'ops', reason: 'why not', at: someTime },
  });
  expect(status.pastRuns?.map(({ id }) => id)).toEqual(past.slice(0, 20).map(({ id }) => id));
});

test('commands, instances and the controller have documents that fit the schema', async () => {
  const parameters = [{ name: 'version', required: true }];
  const ledger = await ledgerWith([
    putCommand(someCommand('hello', { description: 'says: hello #1', parameters })),
    putCommand(someCommand('adieu')),
    putInstance(someInstance(1, { labels: { zone: 'a' }, ownLabels: { zone: 'b', app: 'c' } })),
  ]);
  const problems = Array.from({ length: 230 }, (_, n) =>
    problem(
      'YamlSyntax',
      { file: `manifests/${n % 2}.yaml`, line: 300 - n, column: 1, length: 3 },
      'it is broken',
    ),
  );
  const holds = [{ id: 'h2', reason: 'NonFastForward', message: 'm', since: someTime }];
  const documents = documentsOf(
    ledger,
    () => ({ ...emptyOutcome, problems, holds }),
    () => true,
  );
  expect(documents.commands({}).items.map(({ metadata }) => metadata.name)).toEqual(['adieu', 'hello']);
  expect(documents.commandDocument('hello')?.status.parameters).toEqual(['version']);
  const [instance] = documents.instances({}).items;
  expect(instance?.status).toMatchObject({ online: true, givenLabels: { zone: 'a' } });
  expect(instance?.metadata.labels).toEqual({ app: 'c', zone: 'a' });
  expect(documents.instanceDocument(someInstance(1).id)?.status.online).toBe(true);
  const controller = documents.controllerDocument();
  expect(controller.status.problems).toHaveLength(200);
  expect(controller.status.problemsOmitted).toBe(30);
  expect(controller.status.problems.slice(0, 2).map(({ line }) => line)).toEqual([72, 74]);
  for (const document of [...documents.commands({}).items, ...documents.instances({}).items, controller])
    expect(validates(document)).toBe(true);
});

test('executions are listed of an invocation, an instance or a state, the ended ones too', async () => {
  const ledger = await fleet(6, (n) => (n < 2 ? waiting : ended('Success', { exitCode: 0, outputBytes: 9 })));
  const documents = documentsOf(ledger, () => emptyOutcome);
  const validate = schema('wire', 'executionDocument');
  const { items: all } = await documents.executions({ invocation: 'deploy' });
  expect(all).toHaveLength(6);
  for (const document of all) expect(validate(document)).toBe(true);
  expect((await documents.executions({ invocation: 'deploy', state: 'Finished' })).items).toHaveLength(4);
  expect(await documents.executions({ invocation: 'nobody' })).toEqual({ items: [] });
  const instance = someInstance(1);
  const { items: ofOne } = await documents.executions({ instance: instance.id });
  expect(ofOne).toMatchObject([
    { status: { invocation: 'deploy', instanceName: 'web-1', phase: 'Pending' } },
  ]);
  expect(await documents.execution(all[3]?.metadata.name ?? '')).toEqual(all[3]);
});

test('lists come in pages that together are all of it', async () => {
  const documents = documentsOf(await fleet(5, () => waiting), () => emptyOutcome);
  const names: string[] = [];
  let after: string | undefined;
  do {
    const page = documents.instances({ limit: 2, ...(after !== undefined && { after }) });
    expect(page.items.length).toBeLessThanOrEqual(2);
    names.push(...page.items.map(({ status }) => status.instance));
    after = page.continue;
  } while (after !== undefined);
  expect(names).toEqual(documents.instances({}).items.map(({ status }) => status.instance));
  expect(names).toHaveLength(5);
  expect(await documents.invocations({ limit: 1 })).toMatchObject({
    items: [{ metadata: { name: 'deploy' } }],
  });
});

test('an execution says how many bytes of its output were not kept', () => {
  const documents = documentsOf(emptyLedger, () => emptyOutcome);
  const execution = someExecution(run, someInstance(1), ended('Success', { outputBytes: 100 }));
  const text = (length: number): string => Buffer.alloc(length, 'x').toString('base64');
  const gap = documents.executionDocument(execution, {
    head: text(10),
    tail: text(20),
    tailOffset: 80,
    bytes: 100,
  });
  expect(gap.status).toMatchObject({ outputBytes: 100, droppedBytes: 70 });
  const whole = documents.executionDocument(execution, {
    head: text(10),
    tail: '',
    tailOffset: 10,
    bytes: 10,
  });
  expect(whole.status.droppedBytes).toBe(0);
});

const emptyLedger = await ledgerWith([]);

test('the same state makes the same text, whatever the order that it came about in', async () => {
  const texts = [];
  for (const reversed of [false, true]) {
    const changes = [
      putInstance(someInstance(1, { labels: reversed ? { b: '1', a: '2' } : { a: '2', b: '1' } })),
      putInstance(someInstance(2)),
      ...putRun(run),
      putExecution(someExecution(run, someInstance(2), ended('Failed', { exitCode: 1 }))),
      putExecution(someExecution(run, someInstance(1), waiting)),
    ];
    const ledger = await ledgerWith(reversed ? changes.reverse() : changes);
    const documents = documentsOf(ledger, () => emptyOutcome);
    texts.push([...documents.instances({}).items, ...(await documents.invocations({})).items].map(emitYaml));
  }
  expect(texts[0]).toHaveLength(3);
  expect(texts[0]).toEqual(texts[1]);
});

test('a document is read back from its file as it was', async () => {
  const documents = documentsOf(
    await fleet(3, () => ended('Error', { message: 'no: "such" user\n#1' })),
    () => emptyOutcome,
  );
  for (const document of [
    ...(await documents.invocations({})).items,
    ...documents.instances({}).items,
    documents.controllerDocument(),
  ])
    expect(readStatusFile(emitYaml(document))).toEqual({ is: 'document', document });
});

test.each([
  ['', 'not a status document'],
  ['kind: InvocationStatus', 'not a status document'],
  ['a: [', 'not YAML'],
  ['a: 1\na: 2', 'not YAML'],
  ['a: &x [1]\nb: *x', ''],
  ['a: &a [x]\nb: [*a, *a, *a]\n', ''],
  ['\u0000', ''],
])('a file that holds no document (%j) is told from one that does', (text, message) => {
  const read = readStatusFile(text);
  expect(read.is).toBe('unreadable');
  expect(read.is === 'unreadable' && read.message).toContain(message);
});
