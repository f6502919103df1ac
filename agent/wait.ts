/** Resolves after so many milliseconds, or at once when the signal is aborted; it never throws. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
}

export interface Gate {
  /** Lets the present waiter, or else the next one, go on. */
  open(): void;
  /** Waits until the gate is opened or the signal is aborted; the gate closes behind the waiter. */
  pass(signal: AbortSignal): Promise<void>;
}

/** How one loop tells another that there is something to do. For one waiter; openings do not add up. */
export function makeGate(): Gate {
  let opened = false;
  let wake: (() => void) | undefined;
  return {
    open() {
      opened = true;
      wake?.();
    },
    pass(signal) {
      return new Promise((resolve) => {
        const done = () => {
          wake = undefined;
          opened = false;
          signal.removeEventListener('abort', done);
          resolve();
        };
        if (opened || signal.aborted) return done();
        wake = done;
        signal.addEventListener('abort', done, { once: true });
      });
    },
  };
}
