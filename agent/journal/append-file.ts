// Owns the journal's file: appends, syncs, replaces it.
//
// 1. What is appended while a sync is under way is written and synced together (group commit).
// 2. `applied` of an append is called in the order of the file, after the sync if one was asked for, and before
//    anything later is written: what they build is always what the file holds.
// 3. The first error is the last thing that happens: an fsync that failed is never tried again, because the
//    kernel may have dropped the pages that it could not write.
import { close, fdatasync, open, write } from 'node:fs';
import { promisify } from 'node:util';
import { messageOf } from '../fault.ts';
import { writeDurably } from '../host/durable-file.ts';

export interface AppendFile {
  append(text: string, sync: boolean, applied: () => void): Promise<void>;
  /** Replaces the file by this text, which is asked for when everything before is written. */
  rewrite(text: () => string): Promise<void>;
  /** Bytes in the file. */
  size(): number;
  close(): Promise<void>;
}

interface Job {
  text: string | (() => string);
  sync: boolean;
  applied: () => void;
  resolve: () => void;
  reject: (error: Error) => void;
}

const syncData = promisify(fdatasync);
const openFile = promisify(open);
const closeFile = promisify(close);

export async function openAppendFile(path: string, onError: (error: Error) => void): Promise<AppendFile> {
  let file = await openFile(path, 'a', 0o600);
  let bytes = 0;
  let queue: Job[] = [];
  let pumping: Promise<void> | undefined;
  let broken: Error | undefined;

  function enqueue(text: Job['text'], sync: boolean, applied: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      if (broken !== undefined) return reject(broken);
      queue.push({ text, sync, applied, resolve, reject });
      // One turn later, so that what belongs together is written together.
      pumping ??= Promise.resolve().then(pump);
    });
  }

  async function pump(): Promise<void> {
    while (queue.length > 0 && broken === undefined) {
      const jobs = nextBatch();
      try {
        const first = jobs[0];
        if (typeof first?.text === 'function') await replace(first.text());
        else await appendAll(jobs);
        for (const job of jobs) job.applied();
        for (const job of jobs) job.resolve();
      } catch (error) {
        broken = new Error(`the journal cannot be written: ${messageOf(error)}`, { cause: error });
        onError(broken);
        for (const job of [...jobs, ...queue]) job.reject(broken);
        queue = [];
      }
    }
    pumping = undefined;
  }

  /** A rewrite alone, or all appends before the next one. */
  function nextBatch(): Job[] {
    const rewrite = queue.findIndex((job) => typeof job.text === 'function');
    return queue.splice(0, rewrite === 0 ? 1 : rewrite === -1 ? queue.length : rewrite);
  }

  async function appendAll(jobs: Job[]): Promise<void> {
    const text = Buffer.from(jobs.map((job) => job.text).join(''));
    for (let offset = 0; offset < text.length; ) offset += await writeSome(file, text, offset);
    if (jobs.some((job) => job.sync)) await syncData(file);
    bytes += text.length;
  }

  async function replace(text: string): Promise<void> {
    writeDurably(path, text);
    await closeFile(file);
    file = await openFile(path, 'a', 0o600);
    bytes = Buffer.byteLength(text);
  }

  return {
    append: enqueue,
    rewrite: (text) => enqueue(text, true, () => {}),
    size: () => bytes,
    async close() {
      await pumping;
      broken ??= new Error('the journal is closed');
      await closeFile(file);
    },
  };
}

function writeSome(file: number, data: Buffer, offset: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(file, data, offset, (error, written) => {
      if (error === null) resolve(written);
      else reject(error);
    });
  });
}
