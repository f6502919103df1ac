// Reads a journal back after whatever happened to it.
//
// A torn tail is what a crash leaves: the file ends in the middle of a line, or in a hole of zeros. Nothing that was
// synced is in it, so it is dropped. A complete line with a wrong checksum, or of a kind that this version does not
// have, is another matter: something that the agent had promised may be gone. Then the file can be read, but not relied on.
import { decodeRecord, type JournalRecord } from './record.ts';

export interface JournalText {
  records: JournalRecord[];
  /** The highest that a heading says. */
  version: number;
  /** Bytes up to the torn tail. */
  goodBytes: number;
  /** Number of damaged lines; 0 if the journal can be relied on. */
  damaged: number;
}

export function readJournal(data: Buffer): JournalText {
  const records: JournalRecord[] = [];
  let version = 0;
  let goodBytes = 0;
  let damaged = 0;
  let suspects = 0;
  for (let start = 0; start < data.length; ) {
    const newline = data.indexOf(10, start);
    if (newline === -1) break;
    const line = data.subarray(start, newline);
    const record = decodeRecord(line.toString('utf8'));
    start = newline + 1;
    if (record !== undefined) {
      records.push(record);
      if (record.is === 'journal') version = Math.max(version, record.version);
      goodBytes = start;
      damaged += suspects;
      suspects = 0;
    } else if (line.includes(0)) suspects += 1;
    else damaged += 1;
  }
  // A journal that does not begin with its heading has lost its beginning.
  if (records.length > 0 && records[0]?.is !== 'journal') damaged += 1;
  return { records, version, goodBytes, damaged };
}
