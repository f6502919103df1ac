// The reconcile loop: one pass at a time, made when somebody nudges and when a failed pass is due again. A nudge
// says only that it may be worth to look; what is to do, the pass finds out.
import type { PassResult } from './pass.ts';

export interface Loop {
  /** Something may have changed here (an agent came, a run ended): a pass, within about `calmSeconds`. */
  nudge(): void;
  /** Git may have changed: a pass with a look, at once. */
  look(): void;
  /** A pass with a look, begun after this call. Rejects if it fails. */
  now(): Promise<PassResult>;
  /** No pass begins any more; resolves when the last one is over. */
  close(): Promise<void>;
}

export interface LoopSettings {
  pass(look: boolean): Promise<PassResult>;
  onPass(result: PassResult, milliseconds: number): void;
  /** A pass failed. Whether to go on: false ends the loop. */
  onFailure(error: unknown): boolean;
  /** Time between passes that nudges cause, and the first wait after a failure (doubled each time, at most a minute). */
  calmSeconds: number;
  /** In how many milliseconds something is due by the clock, not above 0 if it is; undefined if nothing is to come. */
  dueInMs(): number | undefined;
  clock(): number;
}

/** The clock may be set: what is due by it is looked for at least this often. */
const longestSleepMs = 30_000;

export function runLoop({ pass, onPass, onFailure, calmSeconds, clock, dueInMs }: LoopSettings): Loop {
  let wanted: 'nothing' | 'pass' | 'look' = 'nothing';
  let waiting: { resolve(result: PassResult): void; reject(error: unknown): void }[] = [];
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let alarm: NodeJS.Timeout | undefined;
  let failures = 0;
  let lastEnd = Number.NEGATIVE_INFINITY;
  let closed = false;

  function want(what: 'pass' | 'look'): void {
    if (closed) return;
    if (wanted !== 'look') wanted = what;
    if (running !== undefined) return;
    if (what === 'look') start();
    else timer ??= setTimeout(start, Math.max(0, lastEnd + calmSeconds * 1000 - clock()));
  }

  function start(): void {
    clearTimeout(timer);
    timer = undefined;
    if (closed || running !== undefined) return;
    running = once().finally(() => {
      running = undefined;
      lastEnd = clock();
      setAlarm();
      if (wanted !== 'nothing') want(wanted);
    });
  }

  function setAlarm(): void {
    clearTimeout(alarm);
    const wait = closed ? undefined : dueInMs();
    if (wait === undefined) return;
    alarm = setTimeout(
      () => {
        if ((dueInMs() ?? 1) > 0) setAlarm();
        else want('pass');
      },
      Math.min(Math.max(wait, 0), longestSleepMs),
    );
  }

  async function once(): Promise<void> {
    const look = wanted === 'look';
    const callers = waiting;
    wanted = 'nothing';
    waiting = [];
    const began = clock();
    try {
      const result = await pass(look);
      failures = 0;
      onPass(result, clock() - began);
      for (const { resolve } of callers) resolve(result);
    } catch (error) {
      for (const { reject } of callers) reject(error);
      failures += 1;
      if (!onFailure(error)) closed = true;
      else timer = setTimeout(() => want('look'), Math.min(60, calmSeconds * 2 ** failures) * 1000);
    }
  }

  return {
    nudge: () => want('pass'),
    look: () => want('look'),
    now: () =>
      new Promise((resolve, reject) => {
        if (closed) reject(new Error('the reconcile loop is closed'));
        waiting.push({ resolve, reject });
        want('look');
      }),
    async close() {
      closed = true;
      clearTimeout(timer);
      clearTimeout(alarm);
      await running;
      for (const { reject } of waiting) reject(new Error('the reconcile loop is closed'));
    },
  };
}
