import { type OpenGit, openGit, type Reader } from './open-git.ts';

export interface ObjectInfo {
  oid: string;
  type: string;
  size: number;
}

/** Reads objects through one open `git cat-file`. */
export interface ObjectReader {
  /** In the order of `ids`; undefined for what the repository does not have. */
  info(ids: readonly string[]): Promise<(ObjectInfo | undefined)[]>;
  /** Contents by id. What is larger than `limit` bytes is not read: its size comes back. Throws for a missing one. */
  read(ids: readonly string[], limit: number): Promise<ReadonlyMap<string, Buffer | { tooLarge: number }>>;
  close(): Promise<void>;
}

/** So many ids, or so many bytes of content, are asked for at a time: what is under way stays small. */
const idsAtOnce = 2000;
const bytesAtOnce = 16 * 1024 * 1024;

export function openObjectReader(variables: Readonly<Record<string, string>>): ObjectReader {
  // --buffer with an explicit flush: one write for a whole answer, not one for each object.
  const git = openGit(['cat-file', '--batch-command', '--buffer'], variables);
  return {
    info: async (ids) => {
      const found: (ObjectInfo | undefined)[] = [];
      for (let at = 0; at < ids.length; at += idsAtOnce) {
        found.push(...(await askInfo(git, ids.slice(at, at + idsAtOnce))));
      }
      return found;
    },
    read: (ids, limit) => read(git, ids, limit),
    close: () => git.close(),
  };
}

async function read(
  git: OpenGit,
  ids: readonly string[],
  limit: number,
): Promise<ReadonlyMap<string, Buffer | { tooLarge: number }>> {
  const contents = new Map<string, Buffer | { tooLarge: number }>();
  const wanted = [...new Set(ids)];
  for (let at = 0; at < wanted.length; at += idsAtOnce) {
    const some = wanted.slice(at, at + idsAtOnce);
    let batch: ObjectInfo[] = [];
    let bytes = 0;
    for (const [index, info] of (await askInfo(git, some)).entries()) {
      if (info === undefined) throw new Error(`the repository does not have the object ${some[index]}`);
      if (info.size > limit) {
        contents.set(info.oid, { tooLarge: info.size });
        continue;
      }
      if (bytes + info.size > bytesAtOnce && batch.length > 0) {
        await readBatch(git, batch, contents);
        batch = [];
        bytes = 0;
      }
      batch.push(info);
      bytes += info.size;
    }
    await readBatch(git, batch, contents);
  }
  return contents;
}

async function askInfo(git: OpenGit, ids: readonly string[]): Promise<(ObjectInfo | undefined)[]> {
  if (ids.length === 0) return [];
  const question = `${ids.map((id) => `info ${checked(id)}\n`).join('')}flush\n`;
  const lines = await git.ask(question, () => linesReader(ids.length));
  return lines.map(parseInfo);
}

async function readBatch(
  git: OpenGit,
  batch: readonly ObjectInfo[],
  contents: Map<string, Buffer | { tooLarge: number }>,
): Promise<void> {
  if (batch.length === 0) return;
  const question = `${batch.map(({ oid }) => `contents ${oid}\n`).join('')}flush\n`;
  const bodies = await git.ask(question, () => bodiesReader(batch));
  for (const [index, { oid }] of batch.entries()) {
    const body = bodies[index];
    if (body !== undefined) contents.set(oid, body);
  }
}

/** An object id, or one of our own refs: nothing else is ever asked for, so a line cannot be two. */
function checked(id: string): string {
  if (/^([0-9a-f]{40}|[0-9a-f]{64}|refs\/groundcrew\/[a-z]+)$/.test(id)) return id;
  throw new Error('not an object id');
}

function parseInfo(line: string): ObjectInfo | undefined {
  const [oid, type, size] = line.split(' ');
  if (oid === undefined || type === undefined || size === undefined) return undefined;
  return { oid, type, size: Number(size) };
}

function linesReader(count: number): Reader<string[]> {
  const lines: string[] = [];
  let partial = '';
  return (chunk) => {
    let at = 0;
    while (lines.length < count) {
      const end = chunk.indexOf(10, at);
      if (end === -1) {
        partial += chunk.toString('latin1', at);
        return undefined;
      }
      lines.push(partial + chunk.toString('latin1', at, end));
      partial = '';
      at = end + 1;
    }
    return { answer: lines, rest: chunk.subarray(at) };
  };
}

/** Each answer is `<oid> <type> <size>\n<bytes>\n`; the sizes are known, so no line is trusted for one. */
function bodiesReader(batch: readonly ObjectInfo[]): Reader<Buffer[]> {
  const bodies: Buffer[] = [];
  let header = '';
  let body: Buffer | undefined;
  let filled = 0;
  return (chunk) => {
    let at = 0;
    while (at < chunk.length) {
      const expected = batch[bodies.length];
      if (expected === undefined) break;
      if (body === undefined) {
        const end = chunk.indexOf(10, at);
        header += chunk.toString('latin1', at, end === -1 ? chunk.length : end);
        if (end === -1) return undefined;
        if (header !== `${expected.oid} ${expected.type} ${expected.size}`) {
          throw new Error(`git cat-file answered "${header.slice(0, 100)}" for ${expected.oid}`);
        }
        header = '';
        body = Buffer.allocUnsafe(expected.size);
        filled = 0;
        at = end + 1;
        continue;
      }
      const copied = chunk.copy(body, filled, at, at + expected.size - filled);
      filled += copied;
      at += copied;
      if (filled === expected.size && at < chunk.length) {
        bodies.push(body);
        body = undefined;
        at += 1;
      }
    }
    return bodies.length === batch.length ? { answer: bodies, rest: chunk.subarray(at) } : undefined;
  };
}
