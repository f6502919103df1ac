import { afterEach, beforeEach, expect, test } from 'vitest';
import type { End, LogChunk, Message, RunOrder } from '../../schemas/generated/wire.ts';
import { type AgentClient, agentClient, agentPaths } from '../../test/support/agent-client.ts';
import { accept, type Edge, openEdge } from '../../test/support/edge.ts';
import { fromRow, outputText } from '../dispatch/output.ts';

let edge: Edge;
let agent: AgentClient;

beforeEach(async () => {
  edge = await openEdge({ dispatch: { pollSeconds: 1 } });
  agent = await edge.enrolled('web-1');
  await agent.openAndHandOver();
});
afterEach(() => edge.close());

const at = '2026-11-01T00:00:00.000Z';
const success: End = { phase: 'Success', at, exitCode: 0, outputBytes: 0 };

async function offered(script = 'echo'): Promise<RunOrder> {
  await accept(edge.ledger, 'a', [agent.instance], script);
  const [order] = (await agent.poll()).orders;
  if (order?.do !== 'run') throw new Error('nothing was offered');
  return order;
}

const storedState = async (execution: string) => (await edge.ledger.store.get('execution', execution))?.state;
const output = ({ execution }: RunOrder, offset: number, text: string | Buffer): Message => ({
  is: 'output',
  execution,
  offset,
  data: Buffer.from(text).toString('base64'),
});

test('a life is recorded step by step, and repeats change nothing', async () => {
  const { execution, offer } = await offered();
  const steps: [Message, object][] = [
    [
      { is: 'received', execution, offer },
      { is: 'received', offer },
    ],
    [
      { is: 'started', execution, offer, at },
      { is: 'running', offer, startedAt: at },
    ],
    [
      { is: 'ended', execution, offer, end: success },
      { is: 'ended', offer, end: { startedAt: at, ...success } },
    ],
  ];
  for (const [message, state] of steps) {
    for (const repeats of [1, 2, 3])
      expect(await agent.report(...Array(repeats).fill(message))).toEqual({ recorded: repeats });
    expect(await storedState(execution)).toEqual(state);
  }
  for (const [message] of steps) await agent.report(message);
  expect(await storedState(execution)).toEqual(steps.at(-1)?.[1]);
  expect(edge.logged).toEqual([]);
});

test('messages of one report count in their order, and lost ones do not stop the end', async () => {
  const { execution, offer } = await offered();
  await agent.report(
    { is: 'started', execution, offer, at },
    { is: 'ended', execution, offer, end: success },
  );
  expect(await storedState(execution)).toEqual({ is: 'ended', offer, end: { startedAt: at, ...success } });
});

test('the first end stays, and another one is logged', async () => {
  const { execution, offer } = await offered();
  await agent.report({ is: 'ended', execution, offer, end: success });
  await agent.report({ is: 'ended', execution, offer, end: { ...success, phase: 'Failed', exitCode: 1 } });
  expect(await storedState(execution)).toEqual({ is: 'ended', offer, end: success });
  expect(edge.logged).toMatchObject([{ level: 40, first: 'Success', other: 'Failed' }]);
});

test('a report that names an execution of another instance is refused as a whole', async () => {
  const own = await offered();
  const other = await edge.enrolled();
  const [foreign = ''] = await accept(edge.ledger, 'b', [other.instance]);
  const lies: Message[] = [
    { is: 'received', execution: foreign, offer: 1 },
    { is: 'ended', execution: foreign, offer: 1, end: success },
    output({ ...own, execution: foreign }, 0, 'x'),
    { is: 'journal', entries: [{ execution: foreign, offer: 1 }], complete: false },
  ];
  for (const lie of lies) {
    const messages = [{ is: 'ended', execution: own.execution, offer: own.offer, end: success }, lie];
    const answer = await agent.call(agentPaths.report, JSON.stringify({ messages }));
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([403, 'ExecutionOfAnother']);
  }
  expect(edge.ledger.live(own.execution)?.state.is).toBe('offered');
  expect(edge.ledger.live(foreign)?.state.is).toBe('waiting');
});

test('what is no report is refused, and what is too large as well', async () => {
  for (const [body, status] of [
    ['{}', 400],
    ['{"messages": []}', 400],
    ['{"messages": [{"is": "dreamt"}]}', 400],
    ['{"messages": [{"is": "received", "execution": "x", "offer": 1}]}', 400],
    [JSON.stringify({ messages: [], padding: 'x'.repeat(1024 * 1024) }), 413],
  ] as const) {
    expect((await agent.call(agentPaths.report, body)).status).toBe(status);
  }
});

test('a last execution that ends leaves its run to the pass', async () => {
  const { execution, offer } = await offered();
  await agent.report({ is: 'ended', execution, offer, end: success });
  const [run = ''] = execution.split('.');
  expect(edge.ledger.runs.get(run)?.settled).toBeUndefined();
});

test('what the agent knows of and this controller does not is kept as a claim, its output is not', async () => {
  const unknown = `r-${'1'.repeat(24)}.once.${agent.instance}`;
  const ended = `r-${'2'.repeat(24)}.once.${agent.instance}`;
  await agent.report(
    { is: 'journal', entries: [{ execution: unknown, offer: 7, startedAt: at }], complete: false },
    { is: 'received', execution: ended, offer: 8 },
    { is: 'ended', execution: ended, offer: 8, end: { ...success, outputBytes: 2 } },
    { is: 'output', execution: ended, offset: 0, data: 'aGk=' },
  );
  expect(await edge.ledger.store.get('claim', unknown)).toEqual({
    execution: unknown,
    offer: 7,
    startedAt: at,
  });
  expect(await edge.ledger.store.get('claim', ended)).toEqual({
    execution: ended,
    offer: 8,
    end: { ...success, outputBytes: 2 },
  });
  expect(await edge.ledger.store.get('output', ended)).toBeUndefined();
  expect(edge.ledger.instances.get(agent.instance)?.offers).toBe(8);
});

test('an instance that names unknown executions without end is refused, and repeats are not counted', async () => {
  await edge.close();
  edge = await openEdge({ dispatch: { pollSeconds: 1, mostClaims: 3 } });
  agent = await edge.enrolled();
  await agent.openAndHandOver();
  const claim = (n: number): Message => ({
    is: 'received',
    execution: `r-${String(n).repeat(24)}.once.${agent.instance}`,
    offer: n,
  });
  for (let repeat = 0; repeat < 3; repeat += 1) await agent.report(claim(1), claim(2), claim(1), claim(3));
  const body = JSON.stringify({ messages: [claim(1), claim(4)] });
  const answer = await agent.call(agentPaths.report, body);
  expect([answer.status, JSON.parse(answer.body).code]).toEqual([403, 'ClaimsTooMany']);

  const { key, instance, controllerKey } = agent;
  edge = await edge.restart();
  agent = Object.assign(agentClient(edge.address, 'again', key), { instance, controllerKey });
  await agent.openAndHandOver({ highestOffer: 3 });
  await agent.report(claim(3));
  await expect(agent.report(claim(4))).rejects.toThrow('ClaimsTooMany');
  agent.close();
});

test('what a journal says of an execution that waits here is not offered again', async () => {
  const [done = '', begun = '', known = ''] = [
    ...(await accept(edge.ledger, 'b', [agent.instance])),
    ...(await accept(edge.ledger, 'c', [agent.instance])),
    ...(await accept(edge.ledger, 'd', [agent.instance])),
  ];
  const entries = [
    { execution: done, offer: 3, startedAt: at, end: success },
    { execution: begun, offer: 4, startedAt: at },
    { execution: known, offer: 5 },
  ];
  await agent.openAndHandOver({ journal: 'journal-2' }, { is: 'journal', entries, complete: true });
  expect(await storedState(done)).toEqual({ is: 'ended', offer: 3, end: { startedAt: at, ...success } });
  expect(await storedState(begun)).toEqual({ is: 'running', offer: 4, startedAt: at });
  expect(await storedState(known)).toEqual({ is: 'received', offer: 5 });
  await accept(edge.ledger, 'e', [agent.instance]);
  expect((await agent.poll()).orders).toMatchObject([{ invocation: 'e', offer: 6 }]);
});

test('an agent that lost its memory leaves what it may have started as Unknown, and gets what waits', async () => {
  const lost = await offered();
  await accept(edge.ledger, 'b', [agent.instance]);
  await agent.openAndHandOver({ journal: 'journal-2' });
  expect(await storedState(lost.execution)).toMatchObject({ is: 'ended', end: { phase: 'Unknown' } });
  expect((await agent.poll()).orders).toMatchObject([{ invocation: 'b' }]);
});

test('an agent with its memory gets again what never arrived', async () => {
  const lost = await offered();
  await agent.openAndHandOver({ epoch: 'another' });
  expect((await agent.poll()).orders).toEqual([lost]);
});

test('output is kept across gaps, repeats and restarts of the memory, and counted', async () => {
  const order = await offered();
  await agent.report(output(order, 0, 'one\n'), output(order, 0, 'one\n'));
  await agent.report(output(order, 104, 'two\n'));
  await agent.report(output(order, 104, 'two\n'), output(order, 108, 'three\n'));
  const { execution, offer } = order;
  await agent.report({ is: 'ended', execution, offer, end: { ...success, outputBytes: 214 } });
  const row = await edge.ledger.store.get('output', execution);
  expect(row && outputText(fromRow(row))).toBe(
    'one\n… 100 bytes dropped …\ntwo\nthree\n… 100 bytes dropped …\n',
  );
  // Late, after the end: the place where it stood is known.
  await agent.report(output(order, 214, 'late\n'));
  expect((await edge.ledger.store.get('output', execution))?.bytes).toBe(219);
});

test('of two reports at once on the same output nothing is lost', async () => {
  const order = await offered();
  await Promise.all(Array.from({ length: 20 }, (_, n) => agent.report(output(order, n, String(n % 10)))));
  const row = await edge.ledger.store.get('output', order.execution);
  expect(row?.bytes).toBe(20);
});

async function logs(query: string): Promise<Response> {
  return fetch(`${edge.server.url}/v1/invocations/a/logs${query}`, {
    headers: { authorization: `Bearer ${edge.token}` },
  });
}

const parsed = (text: string): LogChunk[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

test('logs show what was written so far, and do not wait', async () => {
  const order = await offered();
  const { execution, offer } = order;
  await agent.report({ is: 'started', execution, offer, at }, output(order, 0, 'so far\n'));
  const answer = await logs('');
  expect(answer.headers.get('content-type')).toBe('application/x-ndjson');
  expect(parsed(await answer.text())).toEqual([
    { execution, instance: agent.instance, instanceName: 'web-1', text: 'so far\n' },
  ]);
});

test('followed logs come as they are written, whole characters only, and end with the run', async () => {
  const order = await offered();
  const { execution, offer } = order;
  const rocket = Buffer.from('🚀\n');
  await agent.report({ is: 'started', execution, offer, at }, output(order, 0, 'one\n'));
  const answer = await logs('?follow=true');
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  const next = async () => parsed((await reader?.read())?.value ?? '');
  expect(await next()).toMatchObject([{ text: 'one\n' }]);
  await agent.report(output(order, 4, Buffer.concat([Buffer.from('two'), rocket.subarray(0, 2)])));
  expect(await next()).toMatchObject([{ text: 'two' }]);
  await agent.report(output(order, 9, rocket.subarray(2)));
  expect(await next()).toMatchObject([{ text: '🚀\n' }]);
  await agent.report({ is: 'ended', execution, offer, end: { ...success, outputBytes: 12 } });
  expect(await next()).toMatchObject([{ end: { phase: 'Success' } }]);
  expect((await reader?.read())?.done).toBe(true);
});

test('a follower who goes away, or a controller that stops, ends the following', async () => {
  await offered();
  const gone = new AbortController();
  const first = await fetch(`${edge.server.url}/v1/invocations/a/logs?follow=true`, {
    headers: { authorization: `Bearer ${edge.token}` },
    signal: gone.signal,
  });
  expect(first.status).toBe(200);
  gone.abort();
  const second = await logs('?follow=true');
  const text = second.text();
  await edge.server.close();
  expect(await text).toBe('');
});
