import { type ChildProcess, spawn } from 'node:child_process';
import { killGroup } from './git.ts';

/** Takes bytes as they come. Returns the answer, and the bytes that belong to the next one, once it is whole. */
export type Reader<T> = (chunk: Buffer) => { answer: T; rest: Buffer } | undefined;

/** A git command that is kept open and answers what is written to it, in order. */
export interface OpenGit {
  /**
   * Writes the question and reads its answer. A process that has died is started again, and a question that it
   * left unanswered is asked once more; rejects if that fails too.
   */
  ask<T>(question: string, makeReader: () => Reader<T>): Promise<T>;
  close(): Promise<void>;
}

interface Waiting {
  /** Undefined until the answer is whole; then the bytes that are for the next. */
  feed(chunk: Buffer): Buffer | undefined;
  fail(error: Error): void;
}

interface Running {
  child: ChildProcess;
  waiting: Waiting[];
  /** To be called when a question was added. */
  watchSilence(): void;
  ended: Promise<void>;
}

/** Silence for as long as this, with a question open, ends the process. */
const patience = 60_000;

/** Starts nothing yet. `args` is a git command; its environment is `variables`, whole. */
export function openGit(args: readonly string[], variables: Readonly<Record<string, string>>): OpenGit {
  let running: Running | undefined;
  let closed = false;

  const begin = (): Running => {
    const begun = start(args, variables, () => {
      if (running === begun) running = undefined;
    });
    return begun;
  };

  const askOnce = async <T>(question: string, reader: Reader<T>): Promise<T> => {
    if (closed) throw new Error(`git ${args[0]} was closed`);
    running ??= begin();
    const { child, waiting, watchSilence } = running;
    return await new Promise<T>((resolve, reject) => {
      waiting.push({
        feed(chunk) {
          const read = reader(chunk);
          if (read === undefined) return undefined;
          resolve(read.answer);
          return read.rest;
        },
        fail: reject,
      });
      watchSilence();
      child.stdin?.write(question);
    });
  };

  return {
    async ask(question, makeReader) {
      try {
        return await askOnce(question, makeReader());
      } catch (error) {
        if (closed) throw error;
        return await askOnce(question, makeReader());
      }
    },
    async close() {
      closed = true;
      if (running === undefined) return;
      const { child, ended } = running;
      child.stdin?.end();
      const timer = setTimeout(() => killGroup(child.pid), 1000);
      await ended;
      clearTimeout(timer);
    },
  };
}

function start(
  args: readonly string[],
  variables: Readonly<Record<string, string>>,
  onEnd: () => void,
): Running {
  // Detached, so that it has a group of its own to be ended by. It ends by itself when its stdin is closed.
  const child = spawn('git', args, { env: variables, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  const waiting: Waiting[] = [];
  let said = '';
  let timer: NodeJS.Timeout | undefined;
  const watchSilence = (): void => {
    clearTimeout(timer);
    timer = waiting.length === 0 ? undefined : setTimeout(() => killGroup(child.pid), patience);
  };
  child.stdin.on('error', () => undefined); // 'close' tells the same
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-2000);
  });
  const give = (chunk: Buffer): void => {
    let rest = chunk;
    while (rest.length > 0) {
      const first = waiting[0];
      if (first === undefined) throw new Error('it printed what nobody asked for');
      const left = first.feed(rest);
      if (left === undefined) return;
      waiting.shift();
      rest = left;
    }
  };
  child.stdout.on('data', (chunk: Buffer) => {
    try {
      give(chunk);
      watchSilence();
    } catch (error) {
      said = error instanceof Error ? error.message : String(error);
      child.stdout.removeAllListeners('data').resume();
      killGroup(child.pid);
    }
  });
  const ended = new Promise<void>((resolve) => {
    const finish = (why: string): void => {
      clearTimeout(timer);
      onEnd();
      const old = /unknown (option|switch)/.test(said) ? ' (git 2.36 or newer is needed)' : '';
      const error = new Error(`git ${args[0]} ended: ${said.trim() || why}${old}`);
      for (const { fail } of waiting.splice(0)) fail(error);
      resolve();
    };
    child.once('error', (error) => finish(error.message));
    child.once('close', (code, signal) => finish(`exit ${code ?? signal ?? 'unknown'}`));
  });
  return { child, waiting, watchSilence, ended };
}
