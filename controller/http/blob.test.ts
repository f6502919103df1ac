// Files and large scripts on their way to agents: in the order, or piece by piece.
import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sha256 } from '../../schemas/digest.ts';
import type { Blob, RunOrder, SendOrder } from '../../schemas/generated/wire.ts';
import { type AgentClient, agentClient, agentPaths } from '../../test/support/agent-client.ts';
import { accept, type Edge, openEdge } from '../../test/support/edge.ts';
import { memoryBlobs } from '../../test/support/memory-blobs.ts';
import { shellRun } from '../../test/support/run.ts';
import type { FileWork, Work } from '../run/run.ts';

const MiB = 1024 * 1024;

let edge: Edge;
let agent: AgentClient;
/** What Git still has. */
let inGit: Map<string, Buffer>;

beforeEach(async () => {
  inGit = new Map();
  edge = await openEdge({ dispatch: { pollSeconds: 1, refetch } });
  agent = await edge.enrolled();
  await agent.openAndHandOver();
});
afterEach(() => edge.close());

async function refetch(blob: Blob): Promise<boolean> {
  const bytes = inGit.get(blob.sha256);
  if (bytes !== undefined) await edge.blobs.keep(blob, bytes);
  return bytes !== undefined;
}

const blobOf = (bytes: Buffer): Blob => ({ sha256: sha256(bytes), size: bytes.length });
const fileOf = (bytes: Buffer): FileWork => ({
  does: 'send',
  file: { name: 'motd', targetDir: '/etc', mode: '0644', overwrite: true, blob: blobOf(bytes) },
  timeoutSeconds: 60,
});
const scriptOf = (bytes: Buffer): Work => {
  const { work } = shellRun(sha256(bytes));
  return { ...work, command: { ...work.command, blob: blobOf(bytes) } };
};

async function acceptKept(bytes: Buffer, work: Work = fileOf(bytes), to = [agent.instance]): Promise<string> {
  await edge.blobs.keep(blobOf(bytes), bytes);
  const [execution = ''] = await accept(edge.ledger, `send-${edge.ledger.runs.size}`, to, '', work);
  return execution;
}

async function orders(from = agent) {
  const { orders } = await from.poll();
  return orders.filter((order): order is RunOrder | SendOrder => order.do !== 'stop');
}

async function refused(sha: string, offset = 0) {
  const { status, body } = await agent.call(agentPaths.blob, JSON.stringify({ sha256: sha, offset }));
  return { status, code: JSON.parse(body).code };
}

test('a small file goes with its order, at each size up to 32 KiB in Base64', async () => {
  for (const bytes of [Buffer.alloc(0), Buffer.from([0, 255]), randomBytes(24 * 1024)]) {
    const execution = await acceptKept(bytes);
    const order = (await orders()).find((each) => each.execution === execution);
    expect(order).toMatchObject({
      do: 'send',
      file: { ...fileOf(bytes).file, content: bytes.toString('base64') },
      timeoutSeconds: 60,
    });
  }
});

test('a larger file, and a large script, is fetched in pieces of a mebibyte', async () => {
  for (const size of [24 * 1024 + 1, 2 * MiB + 5]) {
    for (const kind of [fileOf, scriptOf]) {
      const bytes = randomBytes(size);
      await acceptKept(bytes, kind(bytes));
      const order = (await orders()).at(-1);
      expect(order?.do === 'run' ? { ...order, file: {} } : { ...order, script: '' }).toMatchObject({
        script: '',
      });
      expect(order?.do === 'send' ? order.file.content : undefined).toBeUndefined();
      expect(order?.do === 'send' ? order.file.blob : order?.blob).toEqual(blobOf(bytes));
      const pieces: Buffer[] = [];
      for (let offset = 0; offset < size; offset += pieces.at(-1)?.length ?? 0) {
        const answer = await agent.blob(sha256(bytes), offset);
        expect(answer.size).toBe(size);
        pieces.push(Buffer.from(answer.data, 'base64'));
      }
      expect(Math.max(...pieces.map(({ length }) => length))).toBe(Math.min(size, MiB));
      expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
      expect(await agent.blob(sha256(bytes), size)).toEqual({ size, data: '' });
    }
  }
});

test('only what the instance has to do gives it a right to content, and only while it is not over', async () => {
  const other = await edge.enrolled();
  const bytes = randomBytes(100_000);
  const execution = await acceptKept(bytes, fileOf(bytes), [other.instance]);
  expect(await refused(sha256(bytes))).toEqual({ status: 404, code: 'BlobUnknown' });
  expect(await refused('0'.repeat(64))).toEqual({ status: 404, code: 'BlobUnknown' });
  await other.openAndHandOver();
  await orders(other);
  expect((await other.blob(sha256(bytes), 0)).size).toBe(100_000);
  const end = { phase: 'Success', at: new Date().toISOString(), outputBytes: 0 } as const;
  await other.report({ is: 'ended', execution, offer: 1, end });
  await expect(other.blob(sha256(bytes), 0)).rejects.toThrow('404');
});

test.each([
  ['no digest', { sha256: '../../etc/passwd', offset: 0 }],
  ['an offset below nothing', { sha256: '0'.repeat(64), offset: -1 }],
  ['an offset that is no number', { sha256: '0'.repeat(64), offset: '0' }],
  ['more than is asked for', { sha256: '0'.repeat(64), offset: 0, length: 1 }],
])('%s is refused by the schema', async (_, body) => {
  expect(await agent.call(agentPaths.blob, JSON.stringify(body))).toMatchObject({ status: 400 });
});

test('a message without a session, with a wrong seal or a number that was used gets no piece', async () => {
  const bytes = randomBytes(100_000);
  await acceptKept(bytes);
  const body = JSON.stringify({ sha256: sha256(bytes), offset: 0 });
  expect(await agent.post(agentPaths.blob, {}, body)).toMatchObject({ status: 401 });
  expect(await agent.call(agentPaths.blob, body, { seal: 'x' })).toMatchObject({ status: 401 });
  await agent.blob(sha256(bytes), 0);
  const session = agent.session;
  if (session === undefined) throw new Error('no session');
  session.sequences[agentPaths.blob] = 0;
  expect(await agent.call(agentPaths.blob, body)).toMatchObject({ status: 409 });
});

test.each(['lost', 'damaged'])('content that the disk has %s is fetched from Git again', async (how) => {
  for (const bytes of [Buffer.from('small'), randomBytes(100_000)]) {
    const path = join(edge.folder, 'blobs', sha256(bytes));
    inGit.set(sha256(bytes), bytes);
    const execution = await acceptKept(bytes);
    // Another life of the controller: this one knows that what it wrote is right.
    edge = await edge.restart();
    if (how === 'lost') rmSync(path);
    else writeFileSync(path, 'x');
    agent = await again(agent);
    const order = (await orders()).find((each) => each.execution === execution);
    if (order?.do === 'send' && order.file.content !== undefined)
      expect(order.file.content).toBe(bytes.toString('base64'));
    else expect((await agent.blob(sha256(bytes), 0)).data).toBe(bytes.toString('base64'));
  }
});

/** The same agent, after the controller was started anew. */
async function again(before: AgentClient): Promise<AgentClient> {
  const client = agentClient(edge.address, 'agent-1', before.key);
  client.instance = before.instance;
  client.controllerKey = before.controllerKey;
  await client.open({
    epoch: edge.ledger.epoch,
    highestOffer: edge.ledger.instances.get(before.instance)?.offers ?? 0,
  });
  return client;
}

test('content that nobody has any more ends a small file as Error, and tells the agent of a large one', async () => {
  const small = Buffer.from('small');
  const large = randomBytes(100_000);
  const execution = await acceptKept(small);
  await acceptKept(large);
  for (const bytes of [small, large]) await edge.blobs.forget(sha256(bytes));
  expect((await orders()).map((order) => order.do === 'send' && order.file.blob.size)).toEqual([100_000]);
  const ended = await edge.ledger.store.get('execution', execution);
  expect(ended?.state).toMatchObject({ is: 'ended', end: { phase: 'Error' } });
  expect(await refused(sha256(large))).toEqual({ status: 410, code: 'BlobGone' });
});

test('a disk that cannot be read holds up no other order', async () => {
  await edge.close();
  const blobs = { ...memoryBlobs(), read: () => Promise.reject(new Error('EIO')) };
  edge = await openEdge({ dispatch: { pollSeconds: 1, blobs } });
  agent = await edge.enrolled();
  await agent.openAndHandOver();
  await accept(edge.ledger, 'send', [agent.instance], '', fileOf(Buffer.from('small')));
  await accept(edge.ledger, 'run', [agent.instance], 'echo hello');
  const made = await orders();
  expect(made.map((order) => order.do)).toEqual(['send', 'run']);
  expect(made[0]).not.toHaveProperty('file.content');
  expect(await refused(sha256('small'))).toEqual({ status: 500, code: 'Internal' });
});

test('only so many pieces are under way at once; who comes too many is told to come back', async () => {
  await edge.close();
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let reading = 0;
  const blobs = memoryBlobs();
  const bytes = randomBytes(100_000);
  edge = await openEdge({
    dispatch: {
      pollSeconds: 1,
      blobs: {
        ...blobs,
        async read(...asked) {
          reading += 1;
          await held;
          return blobs.read(...asked);
        },
      },
    },
  });
  await blobs.keep(blobOf(bytes), bytes);
  const agents = await Promise.all(Array.from({ length: 34 }, (_, n) => edge.enrolled(`agent-${n}`)));
  await accept(
    edge.ledger,
    'send',
    agents.map(({ instance }) => instance),
    '',
    fileOf(bytes),
  );
  for (const each of agents) await each.openAndHandOver();
  const body = JSON.stringify({ sha256: sha256(bytes), offset: 0 });
  const asked = agents.map((each) => each.call(agentPaths.blob, body));
  await expect.poll(() => reading).toBe(32);
  const early = await Promise.race(asked);
  expect(early).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
  release();
  const statuses = (await Promise.all(asked)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(32);
  expect(statuses.filter((status) => status === 503)).toHaveLength(2);
  // Each answer that is over makes room.
  expect(await agents[0]?.call(agentPaths.blob, body)).toMatchObject({ status: 200 });
});
