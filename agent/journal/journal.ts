// The agent's memory on disk. Never twice and never lost both rest on it (ARCHITECTURE.md).
import { linkSync, readFileSync } from 'node:fs';
import { AgentFault, exitCodes, systemCode } from '../fault.ts';
import { syncFolder, writeDurably } from '../host/durable-file.ts';
import type { Log } from '../log.ts';
import { openAppendFile } from './append-file.ts';
import { emptyMemory, type Memory, recordsOf, remember } from './memory.ts';
import { readJournal } from './read-journal.ts';
import { encodeRecord, type JournalRecord, journalVersion, synced } from './record.ts';

export interface Journal {
  /** What has been written, and synced where it had to be. For reading only. */
  memory: Memory;
  /** Resolves when the records are as safe as they have to be. Rejects once, for ever, when the disk fails. */
  write(...records: JournalRecord[]): Promise<void>;
  close(): Promise<void>;
}

export interface JournalNeeds {
  dataDir: string;
  newId: () => string;
  /** Time, for the end of what a damaged journal leaves in doubt. */
  at: () => string;
  log: Log;
  onError: (error: unknown) => void;
  /** Below this many bytes a journal is never rewritten. */
  smallestRewrite?: number;
}

export async function openJournal(needs: JournalNeeds): Promise<Journal> {
  const path = `${needs.dataDir}/journal.log`;
  const memory = recall(path, needs);
  // Each life begins with the shortest journal; it also drops a torn tail for good.
  const text = memoryText(memory);
  writeDurably(path, text);
  const file = await openAppendFile(path, needs.onError);
  let dense = text.length;
  let written = dense;

  async function rewrite(): Promise<void> {
    await file.rewrite(() => memoryText(memory));
    dense = file.size();
    written += dense;
  }

  return {
    memory,
    async write(...records) {
      const text = records.map(encodeRecord).join('');
      const sync = records.some((record) => synced[record.is]);
      const done = file.append(text, sync, () => {
        for (const record of records) remember(memory, record);
      });
      written += text.length;
      if (written > Math.max(needs.smallestRewrite ?? 256 * 1024, 2 * dense)) {
        written = 0;
        // Its failure is the next write's, and onError's.
        rewrite().catch(() => {});
      }
      await done;
    },
    close: () => file.close(),
  };
}

function memoryText(memory: Memory): string {
  let text = '';
  for (const record of recordsOf(memory)) text += encodeRecord(record);
  return text;
}

function recall(path: string, { newId, at, log, dataDir }: JournalNeeds): Memory {
  const data = readIfThere(path);
  const { records, version, goodBytes, damaged } = readJournal(data);
  if (version > journalVersion)
    throw new AgentFault(
      `the journal ${path} is of version ${version}, and this agent knows versions up to ${journalVersion}: start a newer agent`,
      exitCodes.refused,
    );
  const memory = emptyMemory(newId());
  for (const record of records) remember(memory, record);
  if (damaged === 0) {
    const torn = data.length - goodBytes;
    if (torn > 0) log.info('Dropped the torn end of the journal', { bytes: torn });
    return memory;
  }
  const aside = `${path}.damaged-${at().replaceAll(':', '')}`;
  // A second name, so that there is never no journal at all.
  linkSync(path, aside);
  syncFolder(dataDir);
  log.error('The journal is damaged; what it leaves in doubt ends as Unknown', { damaged, movedTo: aside });
  return doubted(memory, newId(), at());
}

/** Another memory, in which whatever had not ended has ended as Unknown: it never starts again. */
function doubted(memory: Memory, id: string, at: string): Memory {
  const { epoch: _epoch, ...heading } = memory.heading;
  const entries: Memory['entries'] = new Map();
  for (const [execution, entry] of memory.entries) {
    if (entry.is === 'ended') {
      entries.set(execution, entry);
      continue;
    }
    const message = "The agent's journal was damaged: nobody can say how it ended.";
    const end = { phase: 'Unknown', at, errorCode: 'ExecutionInterrupted', message, outputBytes: 0 } as const;
    entries.set(execution, { is: 'ended', offer: entry.offer, end, reported: false });
  }
  return { heading: { ...heading, id }, entries };
}

function readIfThere(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}
