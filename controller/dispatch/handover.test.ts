import { afterEach, beforeEach, expect, test } from 'vitest';
import type { JournalEntry, Message, RunOrder } from '../../schemas/generated/wire.ts';
import { type AgentClient, agentClient } from '../../test/support/agent-client.ts';
import { accept, type Edge, openEdge } from '../../test/support/edge.ts';

let edge: Edge;
let agent: AgentClient;

beforeEach(async () => {
  edge = await openEdge({ dispatch: { pollSeconds: 1 } });
  agent = await edge.enrolled();
  await agent.openAndHandOver();
});
afterEach(async () => {
  agent.close();
  await edge.close();
});

const at = '2026-11-01T00:00:00.000Z';
const journal = (...entries: JournalEntry[]): Message => ({ is: 'journal', entries, complete: true });
const received = ({ execution, offer }: RunOrder): Message => ({ is: 'received', execution, offer });
const started = ({ execution, offer }: RunOrder): Message => ({ is: 'started', execution, offer, at });
const ended = ({ execution, offer }: RunOrder): Message => ({
  is: 'ended',
  execution,
  offer,
  end: { phase: 'Success', at, exitCode: 0, outputBytes: 0 },
});

/** Offers of as many Invocations. */
async function offers(...names: string[]): Promise<RunOrder[]> {
  for (const name of names) await accept(edge.ledger, name, [agent.instance]);
  return (await agent.poll()).orders.filter((order): order is RunOrder => order.do === 'run');
}

function reopen(highestOffer: number) {
  return agent.open({ epoch: edge.ledger.epoch, highestOffer });
}

const stateOf = async ({ execution }: RunOrder) =>
  (await edge.ledger.store.get('execution', execution))?.state;
const lost = { is: 'ended', end: { phase: 'Unknown' } };

test('an older copy of a journal is another memory: what it does not name is lost, started or offered', async () => {
  const [kept, running, offered] = await offers('kept', 'running', 'offered');
  if (kept === undefined || running === undefined || offered === undefined) throw new Error('not offered');
  await agent.report(received(kept), received(running), started(running));

  expect(await reopen(1)).toMatchObject({ handover: true });
  await agent.report(journal({ execution: kept.execution, offer: kept.offer }));
  expect(await stateOf(kept)).toEqual({ is: 'received', offer: 1 });
  expect(await stateOf(running)).toMatchObject(lost);
  expect(await stateOf(offered)).toMatchObject(lost);
});

test('an older copy is noticed by what has ended as well, also by a controller that was started again', async () => {
  const [over, offered] = await offers('over', 'offered');
  if (over === undefined || offered === undefined) throw new Error('not offered');
  await agent.report(received(over), ended(over));
  const { key, instance, controllerKey } = agent;
  edge = await edge.restart();
  agent = Object.assign(agentClient(edge.address, 'again', key), { instance, controllerKey });

  expect(await reopen(0)).toMatchObject({ handover: true });
  await agent.report(journal());
  expect(await stateOf(offered)).toMatchObject(lost);
});

test('an older copy is noticed by what the memory said of itself when its session was opened', async () => {
  const [order] = await offers('a');
  if (order === undefined) throw new Error('not offered');
  expect(await reopen(1)).toMatchObject({ handover: false });
  expect(await reopen(0)).toMatchObject({ handover: true });
  await agent.report(journal());
  expect(await stateOf(order)).toMatchObject(lost);
});

test('a stop of what an older copy does not know ends as Unknown, not as Cancelled', async () => {
  const [order] = await offers('a');
  if (order === undefined) throw new Error('not offered');
  await agent.report(received(order));
  await edge.dispatch.stop('a', {}, 'alice');
  expect(await reopen(0)).toMatchObject({ handover: true });
  await agent.report(journal());
  expect(await stateOf(order)).toMatchObject(lost);
});

test('a copy that was handed over is the memory from then on', async () => {
  const [order] = await offers('a');
  if (order === undefined) throw new Error('not offered');
  await agent.report(received(order));
  await reopen(0);
  await agent.report(journal());
  expect(await reopen(0)).toMatchObject({ handover: false });
  const [next] = await offers('b');
  expect(next?.offer).toBe(2);
  await reopen(0);
  expect((await agent.poll()).orders).toEqual([next]);
});

test('an order that never arrived is no sign of an older copy', async () => {
  const [order] = await offers('a');
  expect(await reopen(0)).toMatchObject({ handover: false });
  expect((await agent.poll()).orders).toEqual([order]);
});
