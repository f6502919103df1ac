/** Calls back once after the wait that was set last. A wait that is set while nobody listens is not lost. */
export interface PollTimer {
  set(seconds: number): void;
  /** Starts to listen; the first wait is `seconds`. Returns how to stop. */
  listen(callback: () => void, seconds: number): () => void;
  stop(): void;
}

/** setTimeout takes no more than this many milliseconds. */
const longest = 2 ** 31 - 1;

export function makePollTimer(): PollTimer {
  let timer: NodeJS.Timeout | undefined;
  let callback: (() => void) | undefined;
  const set = (seconds: number): void => {
    clearTimeout(timer);
    timer = callback === undefined ? undefined : setTimeout(callback, Math.min(seconds * 1000, longest));
  };
  const stop = (): void => {
    callback = undefined;
    clearTimeout(timer);
  };
  return {
    set,
    stop,
    listen(wanted, seconds) {
      callback = wanted;
      set(seconds);
      return stop;
    },
  };
}
