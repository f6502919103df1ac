import { afterEach, beforeEach, expect, test } from 'vitest';
import { sha256 } from '../../schemas/digest.ts';
import { instanceIdOf } from '../../schemas/identity.ts';
import { type AgentClient, agentClient } from '../../test/support/agent-client.ts';
import { type Edge, openEdge } from '../../test/support/edge.ts';

let edge: Edge;
let clock: number;
const clients: AgentClient[] = [];

beforeEach(async () => {
  clock = Date.UTC(2026, 10, 1);
  edge = await openEdge({ now: () => clock });
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await edge.close();
});

function stranger(name?: string): AgentClient {
  const client = agentClient(edge.address, name);
  clients.push(client);
  return client;
}

async function newCode(request: Parameters<Edge['dispatch']['codes']['create']>[0] = {}): Promise<string> {
  return (await edge.dispatch.codes.create(request)).code ?? '';
}

const refusalOf = (answer: { status: number; body: string }) => [answer.status, JSON.parse(answer.body).code];

test('a machine with a code becomes an instance, with the labels of the code over its own', async () => {
  const code = await newCode({ labels: { tier: 'db' } });
  const agent = stranger('web-1');
  const answer = await agent.enrol(code, { labels: { tier: 'admin', rack: '7' } });
  const id = instanceIdOf(agent.key.publicKey);
  expect(JSON.parse(answer.body)).toMatchObject({ instance: id, name: 'web-1' });
  expect(edge.ledger.instances.get(id)).toMatchObject({
    labels: { tier: 'db' },
    ownLabels: { tier: 'admin', rack: '7' },
    offers: 0,
  });
  const [, fingerprint] = code.split('.');
  expect(sha256(agent.controllerKey).slice(0, 16)).toBe(fingerprint);
});

test('the store knows the hash of a code and not the code', async () => {
  const code = await newCode();
  const rows: string[] = [];
  for await (const row of edge.ledger.store.list('enrolmentCode')) rows.push(JSON.stringify(row));
  expect(rows.join()).toContain(sha256(code));
  expect(rows.join()).not.toContain(code.split('.')[0]);
});

test('unknown, expired, exhausted, revoked and unproven are refused in the same words', async () => {
  const exhausted = await newCode();
  await stranger().enrol(exhausted);
  const expired = await newCode({ validSeconds: 60 });
  const revoked = await newCode();
  await edge.dispatch.codes.revoke(sha256(revoked).slice(0, 12));
  clock += 61_000;
  const good = await newCode();

  const bodies = new Set<string>();
  for (const [code, changes] of [
    ['nonsense.0123456789abcdef', {}],
    [expired, {}],
    [exhausted, {}],
    [revoked, {}],
    [good, { proof: 'AAAA' }],
  ] as const) {
    const answer = await stranger().enrol(code, changes);
    expect(refusalOf(answer)).toEqual([403, 'EnrolmentRefused']);
    bodies.add(answer.body);
  }
  expect(bodies.size).toBe(1);
  expect(edge.ledger.instances.size).toBe(1);
});

test('a code is good for one machine and for four hours, unless it says otherwise', async () => {
  const code = await newCode();
  expect(edge.dispatch.codes.list()).toMatchObject([
    { usesLeft: 1, expiresAt: new Date(clock + 4 * 3_600_000).toISOString() },
  ]);
  clock += 4 * 3_600_000;
  expect(refusalOf(await stranger().enrol(code))).toEqual([403, 'EnrolmentRefused']);
  clock -= 1;
  expect((await stranger().enrol(code)).status).toBe(200);
});

test('a proof for another key enrols nobody', async () => {
  const code = await newCode();
  const answer = await stranger().enrol(code, { publicKey: stranger().key.publicKey });
  expect(refusalOf(answer)).toEqual([403, 'EnrolmentRefused']);
  expect((await stranger().enrol(code)).status).toBe(200);
});

test('the same key is the same instance again and burns no use, even of a code that is used up', async () => {
  const code = await newCode();
  const agent = stranger('web-1');
  const answers = await Promise.all([agent.enrol(code), agent.enrol(code)]);
  answers.push(await agent.enrol(code));
  expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
  expect(edge.ledger.instances.size).toBe(1);
  expect(edge.dispatch.codes.list()).toMatchObject([{ usesLeft: 0 }]);
});

test('of 20 machines that enrol at once with 7 uses, 7 become instances, also after a restart', async () => {
  const code = await newCode({ uses: 7 });
  const answers = await Promise.all(Array.from({ length: 20 }, () => stranger('twin').enrol(code)));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(7);
  expect(edge.ledger.instances.size).toBe(7);
  const names = [...edge.ledger.instances.values()].map(({ name }) => name);
  expect(new Set(names).size).toBe(7);
  expect(names).toContain('twin');

  for (const client of clients.splice(0)) client.close();
  edge = await edge.restart();
  expect(edge.ledger.instances.size).toBe(7);
  expect(refusalOf(await stranger().enrol(code))).toEqual([403, 'EnrolmentRefused']);
});

test('nobody takes the name or the id of another', async () => {
  const code = await newCode({ uses: 3 });
  const first = stranger('web-1');
  await first.enrol(code);
  const second = stranger('web-1');
  const { name } = JSON.parse((await second.enrol(code)).body);
  expect(name).toBe(`web-1-${second.instance.slice(3, 9)}`);
  const third = stranger(first.instance);
  await third.enrol(code);
  expect(edge.ledger.findInstance(first.instance)?.id).toBe(first.instance);
  expect(edge.ledger.instances.get(third.instance)?.name).not.toBe(first.instance);
});

test('after five failures within a minute an address has to wait, whatever its code', async () => {
  const good = await newCode();
  for (let n = 0; n < 5; n += 1) await stranger().enrol('nonsense');
  const answer = await stranger().enrol(good);
  expect(refusalOf(answer)).toEqual([429, 'TooManyAttempts']);
  expect(answer.headers['retry-after']).toBe('60');
  clock += 60_000;
  expect((await stranger().enrol(good)).status).toBe(200);
});

test('a body that names its prototype, or is none, is refused', async () => {
  for (const body of [
    '{"__proto__": {"code": "x"}}',
    '{"\\u005f_proto__": {}}',
    '[]',
    '{',
    '"x"',
    '{"code": 1}',
    '',
  ]) {
    const answer = await stranger().post('/v1/agent/enrol', {}, body);
    expect(refusalOf(answer)).toEqual([400, 'BodyInvalid']);
  }
});
