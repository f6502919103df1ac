// When the next flush is due: after a while of quiet, some time after the first change at the latest. After a
// failure: when a delay is over that doubles with each one, whatever changes.

/** Calls back once after so many milliseconds. Returns how to call it off. */
export type Schedule = (callback: () => void, milliseconds: number) => () => void;

/** In milliseconds. */
export interface FlushTimes {
  /** So long nothing has to change before a flush. */
  quiet: number;
  /** But no longer than this after the first change. */
  atMost: number;
  /** Between the first failure and the next attempt. */
  retryFirst: number;
  retryMost: number;
}

export interface FlushTimer {
  changed(): void;
  /** A flush begins; what changed until now is in it. */
  began(): void;
  ended(well: boolean): void;
  stop(): void;
}

interface FlushTimerOptions {
  times: FlushTimes;
  now: () => number;
  random: () => number;
  schedule: Schedule;
  flush: () => void;
}

export function flushTimer({ times, now, random, schedule, flush }: FlushTimerOptions): FlushTimer {
  let first: number | undefined;
  let last = 0;
  let notBefore = 0;
  let failures = 0;
  let isFlushing = false;
  let isStopped = false;
  let callOff: (() => void) | undefined;

  function arm(): void {
    if (callOff !== undefined || first === undefined || isFlushing || isStopped) return;
    callOff = schedule(
      () => {
        callOff = undefined;
        if (now() >= due(first ?? 0)) flush();
        else arm();
      },
      Math.max(0, due(first) - now()),
    );
  }

  function due(since: number): number {
    return failures > 0 ? notBefore : Math.min(last + times.quiet, since + times.atMost);
  }

  function disarm(): void {
    callOff?.();
    callOff = undefined;
  }

  return {
    changed() {
      last = now();
      first ??= last;
      arm();
    },
    began() {
      first = undefined;
      isFlushing = true;
      disarm();
    },
    ended(well) {
      isFlushing = false;
      failures = well ? 0 : failures + 1;
      const delay = Math.min(times.retryMost, times.retryFirst * 2 ** Math.min(failures - 1, 20));
      notBefore = well ? 0 : now() + delay * (0.75 + random() / 4);
      if (!well) first ??= now();
      arm();
    },
    stop() {
      isStopped = true;
      disarm();
    },
  };
}
