// Stops with ifStarted "leave": what has started goes on. They must not be ordered for ever.
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Message, Order } from '../../schemas/generated/wire.ts';
import type { AgentClient } from '../../test/support/agent-client.ts';
import { accept, type Edge, openEdge } from '../../test/support/edge.ts';
import { waiting } from '../../test/support/run.ts';
import type { ExecutionState, Stop } from '../run/execution.ts';
import { stopExecutions } from '../run/stop-executions.ts';
import { type Event, transition } from '../run/transition.ts';

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
const leave: Stop = { by: 'plan', reason: 'superseded', at, ifStarted: 'leave' };

async function offered(): Promise<{ execution: string; offer: number }> {
  await accept(edge.ledger, 'a', [agent.instance]);
  const [order] = (await agent.poll()).orders;
  if (order === undefined) throw new Error('nothing was offered');
  return order;
}

async function leaveAlone(): Promise<void> {
  const values = stopExecutions(edge.ledger.liveOn(agent.instance).values(), leave);
  await edge.ledger.commit(values.map((value) => ({ put: 'execution', key: value.id, value })));
}

/** What the next two polls order, with time for a repeat before each. */
async function nextOrders(): Promise<Order[]> {
  const orders: Order[] = [];
  for (let polls = 0; polls < 2; polls += 1) {
    clock += 10_000;
    orders.push(...(await agent.poll()).orders);
  }
  return orders;
}

test('what had started before is never told', async () => {
  const { execution, offer } = await offered();
  await agent.report({ is: 'received', execution, offer }, { is: 'started', execution, offer, at });
  await leaveAlone();
  expect(await nextOrders()).toEqual([]);
});

test.each<[string, (order: { execution: string; offer: number }) => Message]>([
  ['started meanwhile', ({ execution, offer }) => ({ is: 'started', execution, offer, at })],
  [
    'never arrived, or was withdrawn',
    ({ execution, offer }) => ({
      is: 'ended',
      execution,
      offer,
      end: { phase: 'Cancelled', at, outputBytes: 0 },
    }),
  ],
])('what %s is told until it says so', async (_, answer) => {
  const order = await offered();
  await agent.report({ is: 'received', ...only(order) });
  await leaveAlone();
  expect(await nextOrders()).toMatchObject([
    { do: 'stop', ifStarted: 'leave' },
    { do: 'stop', ifStarted: 'leave' },
  ]);
  await agent.report(answer(order));
  expect(await nextOrders()).toEqual([]);
});

test('what the journal of an agent with another memory says has started is told no longer', async () => {
  const order = await offered();
  await leaveAlone();
  const entries = [{ ...only(order), startedAt: at }];
  await agent.openAndHandOver({ journal: 'journal-2' }, { is: 'journal', entries, complete: true });
  expect(await nextOrders()).toEqual([]);
});

test('whatever happens in whatever order, what is known to have started is not told to be left', () => {
  const events: Event[] = [
    { event: 'offer', offer: 1 },
    { event: 'received', offer: 1 },
    { event: 'started', offer: 1, at },
    { event: 'stop', stop: leave },
    { event: 'stop', stop: { ...leave, ifStarted: 'kill' } },
  ];
  const seen = new Map<string, ExecutionState>();
  const look = (state: ExecutionState) => {
    const key = JSON.stringify(state);
    if (seen.has(key)) return;
    seen.set(key, state);
    for (const event of events) look(transition(state, event) ?? state);
  };
  look(waiting);
  const stopping = [...seen.values()].filter((state) => state.is === 'stopping');
  const kinds = new Set(
    stopping.map(({ startedAt, stop }) => `${startedAt === undefined ? 'waits' : 'runs'}, ${stop.ifStarted}`),
  );
  expect(kinds).toEqual(new Set(['waits, leave', 'waits, kill', 'runs, kill']));
});

function only({ execution, offer }: { execution: string; offer: number }) {
  return { execution, offer };
}
