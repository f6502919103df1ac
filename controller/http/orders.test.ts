import { afterEach, beforeEach, expect, test } from 'vitest';
import { sha256 } from '../../schemas/digest.ts';
import type { Message, RunOrder } from '../../schemas/generated/wire.ts';
import type { AgentClient } from '../../test/support/agent-client.ts';
import { accept, type Edge, openEdge } from '../../test/support/edge.ts';
import { offered, shellRun, waiting } from '../../test/support/run.ts';

let edge: Edge;
let clock: number;
let agent: AgentClient;

beforeEach(async () => {
  clock = Date.UTC(2026, 10, 1);
  edge = await openEdge({ now: () => clock, dispatch: { pollSeconds: 1 } });
  agent = await edge.enrolled();
  await agent.openAndHandOver();
});
afterEach(() => edge.close());

const at = '2026-11-01T00:00:00.000Z';
const received = ({ execution, offer }: RunOrder): Message => ({ is: 'received', execution, offer });
const started = ({ execution, offer }: RunOrder): Message => ({ is: 'started', execution, offer, at });
const succeeded = ({ execution, offer }: RunOrder): Message => ({
  is: 'ended',
  execution,
  offer,
  end: { phase: 'Success', at, exitCode: 0, outputBytes: 0 },
});

async function runs(from = agent, room?: number): Promise<RunOrder[]> {
  return (await from.poll(room)).orders.filter((order): order is RunOrder => order.do === 'run');
}

/** Opens a session as an agent does that remembers everything. */
function reopen(highestOffer: number) {
  return agent.open({ epoch: edge.ledger.epoch, highestOffer });
}

test('an agent from before is not given what it would take for something else', async () => {
  const plain = await accept(edge.ledger, 'plain', [agent.instance]);
  const { work } = shellRun(sha256('id'), { username: 'nobody' });
  const [asAnother = ''] = await accept(edge.ledger, 'as-another', [agent.instance], 'id', work);
  await agent.open({ epoch: edge.ledger.epoch, wire: 1 });
  expect((await runs()).map(({ execution }) => execution)).toEqual(plain);
  expect((await edge.ledger.store.get('execution', asAnother))?.state).toMatchObject({
    is: 'ended',
    end: { phase: 'Aborted', errorCode: 'ClientNeedUpgrade' },
  });
});

test('what is accepted reaches a parked poll, with the script and its number', async () => {
  const parked = runs();
  await expect.poll(() => edge.dispatch.parkedPolls()).toBe(1);
  const [execution] = await accept(edge.ledger, 'greet', [agent.instance], 'echo hello');
  expect(await parked).toEqual([
    {
      do: 'run',
      execution,
      offer: 1,
      invocation: 'greet',
      type: 'RunShellScript',
      script: 'echo hello',
      environment: {},
      timeoutSeconds: 60,
      terminationMode: 'ProcessTree',
    },
  ]);
  expect(edge.ledger.live(execution ?? '')?.state).toEqual(offered(1));
});

test('the number of an offer is on disk before the offer is said', async () => {
  await accept(edge.ledger, 'greet', [agent.instance]);
  const [order] = await runs();
  // No waiting for the ledger: what the store has now is what a crash would leave.
  const stored = await edge.ledger.store.get('execution', order?.execution ?? '');
  expect(stored?.state).toEqual(offered(1));
  expect((await edge.ledger.store.get('instance', agent.instance))?.offers).toBe(1);
});

test('an offer is made once in a session, and again with the same number in the next one', async () => {
  await accept(edge.ledger, 'greet', [agent.instance]);
  const [first] = await runs();
  expect(await runs()).toEqual([]);
  clock += 10_000;
  expect(await runs()).toEqual([first]);
  await reopen(0);
  expect(await runs()).toEqual([first]);
  if (first !== undefined) await agent.report(received(first));
  await reopen(1);
  expect(await runs()).toEqual([]);
});

test('an offer survives the controller', async () => {
  await accept(edge.ledger, 'greet', [agent.instance]);
  const [first] = await runs();
  edge = await edge.restart();
  expect(edge.ledger.live(first?.execution ?? '')?.state).toEqual(offered(1));
  expect(edge.ledger.instances.get(agent.instance)?.offers).toBe(1);
});

test('a poll takes what the agent has room for, in the order of acceptance', async () => {
  for (const name of ['a', 'b', 'c', 'd']) await accept(edge.ledger, name, [agent.instance]);
  expect((await runs(agent, 3)).map(({ invocation, offer }) => [invocation, offer])).toEqual([
    ['a', 1],
    ['b', 2],
    ['c', 3],
  ]);
  expect(await runs(agent, 0)).toEqual([]);
  expect((await runs(agent, 3)).map(({ invocation, offer }) => [invocation, offer])).toEqual([['d', 4]]);
});

test('per instance one invocation is strictly serial, across its runs', async () => {
  const other = await edge.enrolled();
  await other.openAndHandOver();
  await accept(edge.ledger, 'a', [agent.instance], 'one');
  await accept(edge.ledger, 'a', [agent.instance, other.instance], 'two');
  await accept(edge.ledger, 'b', [agent.instance]);
  const first = await runs();
  expect(first.map(({ script }) => script)).toEqual(['one', 'echo b']);
  expect((await runs(other)).map(({ script }) => script)).toEqual(['two']);

  const [one] = first;
  if (one === undefined) throw new Error('nothing was offered');
  await agent.report(received(one), started(one));
  expect(await runs()).toEqual([]);
  const parked = runs();
  await agent.report(succeeded(one));
  expect((await parked).map(({ script }) => script)).toEqual(['two']);
});

test('what would make an answer too large comes with the next poll', async () => {
  const large = 'x'.repeat(3 * 1024 * 1024);
  for (const name of ['a', 'b', 'c']) await accept(edge.ledger, name, [agent.instance], `${large}${name}`);
  const answers = [await runs(), await runs(), await runs()];
  expect(answers.map((orders) => orders.map(({ invocation }) => invocation))).toEqual([['a'], ['b'], ['c']]);
  expect(await runs()).toEqual([]);
});

test('an order that cannot be made ends as Error, and the others are given all the same', async () => {
  const [lost = ''] = await accept(edge.ledger, 'a', [agent.instance], 'echo lost');
  await edge.ledger.commit([{ delete: 'script', key: sha256('echo lost') }]);
  await accept(edge.ledger, 'b', [agent.instance]);
  expect((await runs()).map(({ invocation }) => invocation)).toEqual(['b']);
  expect((await edge.ledger.store.get('execution', lost))?.state).toMatchObject({
    is: 'ended',
    end: { phase: 'Error', message: expect.stringContaining('lost the script') },
  });
  expect(edge.logged).toMatchObject([{ level: 50, execution: lost }]);
});

test('a newer poll answers the older with nothing', async () => {
  const older = agent.poll();
  await expect.poll(() => edge.dispatch.parkedPolls()).toBe(1);
  const newer = agent.poll();
  expect((await older).orders).toEqual([]);
  await accept(edge.ledger, 'a', [agent.instance]);
  expect((await newer).orders).toHaveLength(1);
});

test('a poll whose connection broke takes no orders', async () => {
  const gone = await edge.enrolled();
  await gone.openAndHandOver();
  const poll = gone.poll();
  await expect.poll(() => edge.dispatch.parkedPolls()).toBe(1);
  gone.close();
  await expect(poll).rejects.toThrow('closed');
  const [execution = ''] = await accept(edge.ledger, 'a', [gone.instance]);
  await expect.poll(() => edge.dispatch.parkedPolls()).toBe(0);
  expect(edge.ledger.live(execution)?.state).toEqual(waiting);
});

test('a stop cancels what waits at once and is ordered for the rest until its end is reported', async () => {
  const [running = ''] = await accept(edge.ledger, 'a', [agent.instance], 'one');
  const [order] = await runs();
  if (order === undefined) throw new Error('nothing was offered');
  await agent.report(received(order), started(order));
  const other = await edge.enrolled();
  const [waiting = ''] = await accept(edge.ledger, 'a', [other.instance], 'two');

  const parked = agent.poll();
  await expect.poll(() => edge.dispatch.parkedPolls()).toBe(1);
  expect(await edge.dispatch.stop('a', { reason: 'wrong disk' }, 'alice')).toEqual({
    is: 'done',
    value: { cancelled: 1, stopping: 1, ended: 0 },
  });
  const stop = { do: 'stop', execution: running, offer: 1, ifStarted: 'kill', reason: 'wrong disk' };
  expect((await parked).orders).toEqual([stop]);
  expect((await edge.ledger.store.get('execution', waiting))?.state).toMatchObject({
    is: 'ended',
    end: { phase: 'Cancelled' },
    stop: { by: 'alice', reason: 'wrong disk' },
  });

  expect((await agent.poll()).orders).toEqual([]);
  clock += 2000;
  expect((await agent.poll()).orders).toEqual([stop]);
  await agent.report({
    is: 'ended',
    execution: running,
    offer: 1,
    end: { phase: 'Terminated', at, outputBytes: 0 },
  });
  clock += 2000;
  expect((await agent.poll()).orders).toEqual([]);
  expect(await edge.dispatch.stop('a', {}, 'alice')).toMatchObject({
    value: { cancelled: 0, stopping: 0, ended: 1 },
  });
});

test('a stop also stops the version that is accepted while it is under way', async () => {
  const [first = ''] = await accept(edge.ledger, 'a', [agent.instance], 'one');
  const stopping = edge.dispatch.stop('a', {}, 'alice');
  const [second = ''] = await accept(edge.ledger, 'a', [agent.instance], 'two');
  expect(await stopping).toMatchObject({ value: { cancelled: 2, ended: 0 } });
  for (const execution of [first, second])
    expect((await edge.ledger.store.get('execution', execution))?.state.is).toBe('ended');
  expect(edge.ledger.runs.get(second.split('.')[0] ?? '')?.stopped).toMatchObject({ by: 'alice' });
});

test('a stop names instances by id or by name, and refuses what it does not know', async () => {
  const other = await edge.enrolled('web-2');
  await accept(edge.ledger, 'a', [agent.instance, other.instance]);
  expect(await edge.dispatch.stop('a', { instances: ['web-2'] }, 'alice')).toMatchObject({
    value: { cancelled: 1, stopping: 0 },
  });
  expect(edge.ledger.liveOn(agent.instance).size).toBe(1);
  expect(await edge.dispatch.stop('a', { instances: ['web-9'] }, 'alice')).toMatchObject({
    code: 'TargetUnknown',
  });
  expect(await edge.dispatch.stop('z', {}, 'alice')).toMatchObject({ code: 'InvocationUnknown' });
});

test('an entry may be forgotten once it and all before it have ended and Git knows it', async () => {
  await edge.close();
  let caughtUp = false;
  const published = new Set<string>();
  const publication = { caughtUp: () => caughtUp, isPublished: (run: string) => published.has(run) };
  edge = await openEdge({ now: () => clock, dispatch: { pollSeconds: 1, publication } });
  agent = await edge.enrolled();
  await agent.openAndHandOver();
  for (const name of ['a', 'b']) await accept(edge.ledger, name, [agent.instance]);
  const [a, b] = await runs();
  if (a === undefined || b === undefined) throw new Error('nothing was offered');
  const runOf = ({ execution }: RunOrder) => execution.split('.')[0] ?? '';
  const forgetBefore = async () => (await agent.poll(0)).forgetBefore;

  await agent.report(succeeded(b));
  published.add(runOf(b));
  expect(await forgetBefore()).toBe(0);
  caughtUp = true;
  expect(await forgetBefore()).toBe(1);
  await agent.report(succeeded(a));
  expect(await forgetBefore()).toBe(1);
  published.add(runOf(a));
  expect(await forgetBefore()).toBe(3);
});

test('a thousand parked polls that are woken at once each get their own order', async () => {
  await edge.close();
  edge = await openEdge();
  const agents = await Promise.all(Array.from({ length: 1000 }, (_, n) => edge.enrolled(`agent-${n}`)));
  await Promise.all(agents.map((agent) => agent.openAndHandOver()));
  const polls = agents.map((agent) => agent.poll());
  await expect.poll(() => edge.dispatch.parkedPolls(), { timeout: 10_000 }).toBe(1000);
  const executions = await accept(
    edge.ledger,
    'a',
    agents.map(({ instance }) => instance),
  );
  const answers = await Promise.all(polls);
  expect(answers.map(({ orders }) => orders.map((order) => order.execution))).toEqual(
    executions.map((execution) => [execution]),
  );
  expect(edge.logged).toEqual([]);
});
