import { afterEach, beforeEach, expect, test } from 'vitest';
import { headers, makeKeyPair, sealRequest, signText } from '../../schemas/seal.ts';
import { type AgentClient, agentClient, agentPaths, someFacts } from '../../test/support/agent-client.ts';
import { accept, type Edge, openEdge } from '../../test/support/edge.ts';

let edge: Edge;
let clock: number;
let agent: AgentClient;

beforeEach(async () => {
  clock = Date.UTC(2026, 10, 1);
  edge = await openEdge({ now: () => clock, dispatch: { pollSeconds: 1 } });
  agent = await edge.enrolled();
});
afterEach(() => edge.close());

const refusalOf = (answer: { status: number; body: string }) => [answer.status, JSON.parse(answer.body).code];

async function nonce(): Promise<string> {
  return JSON.parse((await agent.post('/v1/agent/challenge', {}, '{}')).body).nonce;
}

async function sessionBody(changes: object = {}): Promise<string> {
  const { publicKey } = makeKeyPair('x25519');
  return JSON.stringify({
    instance: agent.instance,
    nonce: await nonce(),
    agentKey: publicKey,
    journal: 'journal-1',
    highestOffer: 0,
    facts: someFacts,
    ...changes,
  });
}

function open(body: string, signed = body) {
  const signature = signText(agent.key.privateKey, 'groundcrew-session-v1', signed);
  return agent.post('/v1/agent/session', { [headers.signature]: signature }, body);
}

test('a session opens with the signature of the instance, and the facts of its machine are kept', async () => {
  await agent.open({ facts: { ...someFacts, agentVersion: '9.9.9' } });
  expect(edge.ledger.instances.get(agent.instance)?.facts.agentVersion).toBe('9.9.9');
});

test('each part of an opening that was tampered with is refused', async () => {
  const body = await sessionBody();
  expect(refusalOf(await open(body, `${body} `))).toEqual([401, 'SignatureWrong']);
  const other = await edge.enrolled();
  expect(refusalOf(await open(await sessionBody({ instance: other.instance })))).toEqual([
    401,
    'SignatureWrong',
  ]);
  expect(refusalOf(await open(await sessionBody({ instance: `mi-${'0'.repeat(20)}` })))).toEqual([
    403,
    'InstanceUnknown',
  ]);
  expect(refusalOf(await open(await sessionBody({ nonce: 'made-up' })))).toEqual([401, 'ChallengeUnknown']);
  expect(refusalOf(await agent.post('/v1/agent/session', {}, await sessionBody()))).toEqual([
    401,
    'SignatureWrong',
  ]);
  const smallOrder = Buffer.alloc(32).toString('base64');
  expect(refusalOf(await open(await sessionBody({ agentKey: smallOrder })))).toEqual([
    400,
    'SessionRequestInvalid',
  ]);
  expect(refusalOf(await open(await sessionBody({ highestOffer: 2 ** 53 })))).toEqual([
    400,
    'SessionRequestInvalid',
  ]);
});

test('an instance is there while its poll is open, and for 15 seconds after its last call', async () => {
  const since = () => edge.dispatch.sessions.onlineSince(agent.instance);
  expect(since()).toBeUndefined();
  await agent.openAndHandOver();
  const began = clock;
  // Each poll is held for far longer than that: it has been there all along.
  for (let polls = 0; polls < 2; polls += 1) {
    const poll = agent.poll();
    await expect.poll(() => edge.dispatch.parkedPolls()).toBe(1);
    clock += 50_000;
    expect(since()).toBe(began);
    await poll;
    clock += 15_000;
    expect(since()).toBe(began);
  }
  clock += 1;
  expect(since()).toBeUndefined();
});

test('a nonce opens one session, within a minute', async () => {
  const body = await sessionBody();
  expect((await open(body)).status).toBe(200);
  expect(refusalOf(await open(body))).toEqual([401, 'ChallengeUnknown']);
  const late = await sessionBody();
  clock += 60_000;
  expect(refusalOf(await open(late))).toEqual([401, 'ChallengeUnknown']);
});

test('a message without a known session, with a wrong seal or a used number is refused', async () => {
  await agent.openAndHandOver();
  const body = '{"room":0}';
  expect(refusalOf(await agent.call(agentPaths.poll, body, { session: 'other' }))).toEqual([
    401,
    'SessionUnknown',
  ]);
  expect(refusalOf(await agent.call(agentPaths.poll, body, { seal: 'AAAA' }))).toEqual([401, 'SealWrong']);
  expect(refusalOf(await agent.call(agentPaths.poll, body, { sequence: '99' }))).toEqual([401, 'SealWrong']);
  expect(refusalOf(await agent.call(agentPaths.poll, body, { sequence: '1e1' }))).toEqual([401, 'SealWrong']);

  const key = agent.session?.key ?? Buffer.alloc(0);
  const forReport = sealRequest(key, 'POST', agentPaths.report, 20, body);
  expect(refusalOf(await agent.call(agentPaths.poll, body, { sequence: '20', seal: forReport }))).toEqual([
    401,
    'SealWrong',
  ]);
  const seal = sealRequest(key, 'POST', agentPaths.poll, 20, body);
  expect((await agent.call(agentPaths.poll, body, { sequence: '20', seal })).status).toBe(200);
  expect(refusalOf(await agent.call(agentPaths.poll, body, { sequence: '20', seal }))).toEqual([
    409,
    'SequenceReplayed',
  ]);
  const older = sealRequest(key, 'POST', agentPaths.poll, 19, body);
  expect(refusalOf(await agent.call(agentPaths.poll, body, { sequence: '19', seal: older }))).toEqual([
    409,
    'SequenceReplayed',
  ]);
});

test('a wrong seal does not move the sequence', async () => {
  await agent.openAndHandOver();
  await agent.call(agentPaths.poll, '{"room":0}', { sequence: '1000', seal: 'AAAA' });
  expect(await agent.poll(0)).toEqual({ orders: [], forgetBefore: 0 + 1 });
});

test('a new session ends the older one when it is first used, and its parked poll is answered', async () => {
  await agent.openAndHandOver();
  const first = agent.session;
  const parked = agent.poll();
  await agent.open();
  const second = agent.session;
  agent.session = first;
  await agent.report({ is: 'journal', entries: [], complete: true });
  agent.session = second;
  await agent.report({ is: 'journal', entries: [], complete: true });
  expect(await parked).toMatchObject({ orders: [] });
  agent.session = first;
  expect(refusalOf(await agent.call(agentPaths.poll, '{"room":0}'))).toEqual([401, 'SessionUnknown']);
});

test('after a restart of the controller sessions are unknown, and a new one opens', async () => {
  await agent.openAndHandOver();
  edge = await edge.restart();
  const again = agentClient(edge.address, 'again', agent.key);
  const { session, instance, controllerKey } = agent;
  Object.assign(again, { session, instance, controllerKey });
  expect(refusalOf(await again.call(agentPaths.poll, '{"room":0}'))).toEqual([401, 'SessionUnknown']);
  expect(await again.open({ epoch: edge.ledger.epoch })).toMatchObject({ handover: false });
  again.close();
});

test('an instance that was removed is refused at once, and its parked poll ends', async () => {
  await agent.openAndHandOver();
  const parked = agent.poll();
  await expect.poll(() => edge.dispatch.parkedPolls()).toBe(1);
  await edge.ledger.commit([{ delete: 'instance', key: agent.instance }]);
  expect(await parked).toMatchObject({ orders: [] });
  expect(refusalOf(await agent.call(agentPaths.poll, '{"room":0}'))).toEqual([401, 'SessionUnknown']);
});

test('before the journal is handed over nothing is offered', async () => {
  await accept(edge.ledger, 'a', [agent.instance]);
  expect((await agent.open()).handover).toBe(true);
  expect(await agent.poll()).toEqual({ orders: [], forgetBefore: 0 });
  await agent.report({ is: 'journal', entries: [], complete: false });
  expect(await agent.poll()).toEqual({ orders: [], forgetBefore: 0 });
  const parked = agent.poll();
  await agent.report({ is: 'journal', entries: [], complete: true });
  expect((await parked).orders).toMatchObject([{ do: 'run', offer: 1 }]);

  const { epoch } = edge.ledger;
  expect((await agent.open({ epoch, highestOffer: 1 })).handover).toBe(false);
  expect((await agent.open({ epoch, highestOffer: 2 })).handover).toBe(true);
  expect((await agent.open({ epoch, journal: 'journal-2' })).handover).toBe(true);
  expect((await agent.open({ epoch: 'other' })).handover).toBe(true);
});
