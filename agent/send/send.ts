// Puts a file on this machine:
//
//   received ● → checked → fetched → written beside its place and synced → placing ● → renamed → ended ●
//
// Until `placing` nothing has happened that counts, and the next life of the agent begins again, with what has been
// fetched. From then on a stop comes too late, and what a crash leaves is settled by what is there: see settle.ts.
import { open } from 'node:fs/promises';
import type { End, SendOrder } from '../../schemas/generated/wire.ts';
import { messageOf } from '../fault.ts';
import { blobPath, chunksOf, type FetchNeeds, fetchBlob, removeBlob } from '../fetch/fetch-blob.ts';
import { type Limit, makeLimit } from '../fetch/limit.ts';
import type { Halt } from '../halt.ts';
import type { Journal } from '../journal/journal.ts';
import type { Refusal } from '../launch/launch.ts';
import type { Surroundings } from '../run/check.ts';
import { checkedOnly, invalid } from '../run/ends.ts';
import { notCreated, wrongContent } from './ends.ts';
import { type Ownership, ownershipOf } from './ownership.ts';
import { place } from './place.ts';
import { targetFolder, unfit } from './target.ts';
import { remove, temporaryName, writeTemporary } from './temporary.ts';

export interface SendNeeds extends FetchNeeds {
  tasks: string;
  journal: Journal;
  surroundings: Surroundings;
  bootId: string;
  at: () => string;
  /** Resolves when a stop asks for its end. */
  stopAsked: Promise<void>;
  /** Asked when the agent stops: the next life goes on. */
  stopped: Halt;
  /** Called when it is under way. */
  started: (at: string) => void;
  /** What to do with its end. */
  finish: (end: End) => Promise<void>;
}

/** Resolves when its end is written down, or when the agent is stopped before. */
export async function send(order: SendOrder, needs: SendNeeds): Promise<void> {
  const { at, finish, stopped, tasks } = needs;
  const startedAt = at();
  const limit = makeLimit(order.timeoutSeconds, needs);
  try {
    const end = await tell(order, startedAt, limit, needs);
    if (end !== undefined) await finish(end);
  } catch (error) {
    await finish(notCreated(messageOf(error), { at: at(), startedAt }));
  } finally {
    limit.halt.ask();
    if (!stopped.asked) removeBlob(blobPath(tasks, order.execution));
  }
}

/** Undefined if its end is written down already, or if the agent is stopped. */
async function tell(
  order: SendOrder,
  startedAt: string,
  limit: Limit,
  needs: SendNeeds,
): Promise<End | undefined> {
  const { at, started, surroundings } = needs;
  const owner = await check(order, surroundings);
  if ('refused' in owner) return invalid(owner, at());
  if (order.dryRun === true) return checkedOnly(at());
  started(startedAt);
  const content = await contentOf(order, needs, limit.halt);
  switch (content.is) {
    case 'halted':
      return limit.end(startedAt);
    case 'failed':
      return wrongContent(content.message, { at: at(), startedAt });
    case 'there':
      return await write(order, content.chunks, owner, startedAt, needs, limit);
  }
}

async function check({ file }: SendOrder, surroundings: Surroundings): Promise<Ownership | Refusal> {
  const { account, path, platform } = surroundings;
  if (platform.os === 'windows')
    return { refused: 'FilePathInvalid', message: 'This agent cannot put files on Windows yet.' };
  const refused = unfit(file);
  if (refused !== undefined) return refused;
  const owner = await ownershipOf(file, account, path);
  if ('refused' in owner) return owner;
  const folder = targetFolder(file, false);
  if (folder === 'missing') return owner;
  if ('refused' in folder) return folder;
  folder.close();
  return owner;
}

type Content =
  | { is: 'there'; chunks: AsyncIterable<Buffer> }
  | { is: 'halted' }
  | { is: 'failed'; message: string };

/** What came with the order, or is fetched. */
async function contentOf(
  { execution, file }: SendOrder,
  { ask, log, tasks }: SendNeeds,
  halt: Halt,
): Promise<Content> {
  if (file.content !== undefined) return { is: 'there', chunks: atOnce(Buffer.from(file.content, 'base64')) };
  const path = blobPath(tasks, execution);
  const fetched = await fetchBlob(file.blob, path, { ask, log }, halt);
  return fetched.is === 'whole' ? { is: 'there', chunks: chunksAt(path) } : fetched;
}

async function* atOnce(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

async function* chunksAt(path: string): AsyncGenerator<Buffer> {
  const file = await open(path, 'r');
  try {
    yield* chunksOf(file);
  } finally {
    await file.close();
  }
}

/** Undefined if its end is written down already, or if the agent is stopped. */
async function write(
  order: SendOrder,
  chunks: AsyncIterable<Buffer>,
  owner: Ownership,
  startedAt: string,
  needs: SendNeeds,
  { end, halt }: Limit,
): Promise<End | undefined> {
  const { at, bootId, journal } = needs;
  const { execution, file } = order;
  const folder = targetFolder(file, true);
  if (folder === 'missing') throw new Error(`${file.targetDir} was removed while it was made`);
  if ('refused' in folder) return { ...invalid(folder, at()), startedAt };
  try {
    const name = temporaryName(execution);
    const made = await writeTemporary(folder, name, chunks, file.blob, owner, halt);
    if (made === 'wrong')
      return wrongContent('What was written is not what was sent.', { at: at(), startedAt });
    if (made === 'halted' || halt.asked) {
      remove(`${folder.path}/${name}`);
      return end(startedAt);
    }
    await journal.write({ is: 'placing', execution, inode: made.inode, bootId, at: at() });
    await place(folder, name, made.inode, file, startedAt, needs);
    return undefined;
  } finally {
    folder.close();
  }
}
