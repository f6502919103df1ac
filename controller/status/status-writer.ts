// Keeps the status branch as the ledger and the last pass have it.
//
// 1. What changes marks documents; a flush comes when it has been quiet for 2 s, 10 s after the first change at
//    the latest. One flush at a time. Only marked documents are rendered.
// 2. The first flush waits for the first pass: before it nobody knows what holds, and documents without their
//    conditions would be written over those that have them.
// 3. At the start everything is compared with the branch, and every 10 minutes the branch with what was written:
//    files that somebody edited are put back.
// 4. A fault stops nothing else: it is a condition, and the flush is tried again, from 5 s to 5 min apart.
import type { Condition, Outcome } from '../reconcile/outcome.ts';
import type { GitAccess } from '../source/access.ts';
import type { GitEnvironment } from '../source/git.ts';
import type { Ledger } from '../store/ledger.ts';
import { branchCondition } from './branch-condition.ts';
import { type BranchFault, branchFault } from './branch-fault.ts';
import { allDocuments, changedDocuments, reconsideredDocuments } from './dirty-documents.ts';
import type { Documents } from './documents.ts';
import { type FlushContext, type Flushed, flushDocuments, goneCommands } from './flush-documents.ts';
import { type FlushTimes, flushTimer, type Schedule } from './flush-timer.ts';
import type { DocumentKey } from './layout.ts';
import { publishedRuns } from './published-runs.ts';
import { statusBranch } from './status-branch.ts';
import { statusRepository } from './status-repository.ts';

export interface StatusWriterOptions {
  ledger: Ledger;
  documents: Documents;
  outcome: () => Outcome;
  /** DATA/status.git: a bare copy of its own. */
  folder: string;
  /** Where the branch is, with the credentials that may write it. */
  access: GitAccess;
  branch: string;
  environment: GitEnvironment;
  now: () => number;
  /** 0 … 1, for the jitter. */
  random: () => number;
  schedule: Schedule;
  times?: Partial<WriterTimes>;
  /** Told of every flush, for log and metrics. */
  onFlush?: (flushed: Flushed) => void;
}

/** In milliseconds. */
export interface WriterTimes extends FlushTimes {
  /** Between comparisons with the branch. */
  compareEvery: number;
  /** How long close waits for the last flush. */
  closeWithin: number;
}

const usualTimes: WriterTimes = {
  quiet: 2_000,
  atMost: 10_000,
  retryFirst: 5_000,
  retryMost: 300_000,
  compareEvery: 600_000,
  closeWithin: 10_000,
};

export interface StatusWriter {
  /** A pass is over: the outcome may be another. Nothing is written by itself before the first call. */
  nudge(): void;
  /** Writes what is to be written, now. Resolves with how that went; never rejects. */
  flush(): Promise<Flushed>;
  /** A last flush of at most 10 s, then nothing more. */
  close(): Promise<void>;
  /** StatusBranchReady; undefined until it was tried. */
  condition(): Condition | undefined;
  /** Whether all executions of the run have ended and the branch on the remote says so. */
  isPublished(run: string): boolean;
  /** Calls back with runs that isPublished has become true for. Returns how to stop that. */
  onPublished(listener: (runs: readonly string[]) => void): () => void;
}

/** At most so many documents a commit, so that what is held in memory stays small. */
const documentsPerCommit = 4_000;

/** Starts to write the status branch. Throws Refused for a branch name that cannot be one. */
export function statusWriter(options: StatusWriterOptions): StatusWriter {
  const { ledger, now, outcome, random, schedule } = options;
  const times = { ...usualTimes, ...options.times };
  const stopped = new AbortController();
  const branch = statusBranch(statusRepository({ ...options, signal: stopped.signal }));
  const pause = (attempt: number): Promise<void> =>
    new Promise((resolve) => void schedule(resolve, raceDelay(attempt, random())));
  const context: FlushContext = { ...options, branch, pause, rendered: new Map(), compared: undefined };
  const published = publishedRuns(ledger);
  const condition = branchCondition(now);
  const listeners = new Set<(runs: readonly string[]) => void>();
  const names = new Map([...ledger.instances.values()].map(({ id, name }) => [id, name]));
  const timer = flushTimer({ times, now, random, schedule, flush: () => void flush() });
  let seen = outcome();
  const dirty = allDocuments(ledger, seen);
  let comparesAll = true;
  let last: Promise<unknown> = Promise.resolve();
  let closing: Promise<void> | undefined;
  let begun = false;

  function flush(): Promise<Flushed> {
    const flushed = last.then(flushAll).catch(unexpected);
    last = flushed;
    return flushed;
  }

  async function flushAll(): Promise<Flushed> {
    if (stopped.signal.aborted) return unexpected(new Error('the status branch is closed'));
    timer.began();
    const flushed = await flushDirty();
    condition.flushed(flushed);
    if (flushed.is === 'fault') branch.forget();
    timer.ended(flushed.is !== 'fault');
    options.onFlush?.(flushed);
    return flushed;
  }

  /** In slices; the result is the last commit with the number of all files, or the first fault. */
  async function flushDirty(): Promise<Flushed> {
    if (comparesAll) {
      const tip = await branch.tip();
      if (tip.is === 'fault') return tip;
      for (const key of goneCommands(ledger, tip)) dirty.add(key);
      comparesAll = false;
    }
    const keys = [...dirty];
    dirty.clear();
    let result: Flushed = { is: 'unchanged' };
    let files = 0;
    do {
      const slice = keys.slice(0, documentsPerCommit);
      const ended = published.endedIn(slice);
      const flushed = await flushDocuments(context, slice).catch(unexpected);
      if (flushed.is === 'fault') {
        for (const key of keys) dirty.add(key);
        return flushed;
      }
      keys.splice(0, documentsPerCommit);
      announce(published.add(ended));
      if (flushed.is === 'published') {
        files += flushed.files;
        result = { ...flushed, files };
      }
    } while (keys.length > 0);
    return result;
  }

  function announce(runs: readonly string[]): void {
    if (runs.length > 0) for (const listener of listeners) listener(runs);
  }

  function mark(keys: Iterable<DocumentKey>): void {
    let any = false;
    for (const key of keys) {
      dirty.add(key);
      any = true;
    }
    if (any && begun) timer.changed();
  }

  let callOffComparison = schedule(compare, times.compareEvery);
  function compare(): void {
    comparesAll = true;
    branch.forget();
    if (begun) void flush();
    callOffComparison = schedule(compare, times.compareEvery);
  }

  const stopListening = ledger.onChange((changes) => {
    published.changed(changes);
    mark(changedDocuments(ledger, changes, names));
  });

  async function close(): Promise<void> {
    stopListening();
    callOffComparison();
    timer.stop();
    let callOff = (): void => undefined;
    const limit = new Promise<void>((resolve) => {
      callOff = schedule(resolve, times.closeWithin);
    });
    if (begun) await Promise.race([flush(), limit]);
    callOff();
    timer.stop();
    stopped.abort();
    await last;
    await branch.idle();
  }

  return {
    nudge() {
      begun = true;
      const before = seen;
      seen = outcome();
      mark(reconsideredDocuments(before, seen));
    },
    flush() {
      begun = true;
      return flush();
    },
    close: () => (closing ??= close()),
    condition: condition.now,
    isPublished: published.has,
    onPublished(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** Reading the store or rendering failed: said like a fault of the branch, and tried again like one. */
function unexpected(error: unknown): BranchFault {
  return branchFault('RepositoryBroken', error instanceof Error ? error.message : String(error));
}

/** 50 ms to 1 s, twice as long for each attempt, half of it drawn. */
function raceDelay(attempt: number, drawn: number): number {
  return Math.min(1000, 50 * 2 ** (attempt - 1)) * (0.5 + drawn / 2);
}
