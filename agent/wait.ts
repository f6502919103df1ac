import type { Halt } from './halt.ts';

/** Resolves after so many milliseconds, or at once when it is asked to stop; it never throws. */
export function sleep(ms: number, halt?: Halt): Promise<void> {
  return new Promise((resolve) => {
    if (halt?.asked === true) return resolve();
    const timer = setTimeout(done, ms);
    const leave = halt?.listen(done);
    function done(): void {
      clearTimeout(timer);
      leave?.();
      resolve();
    }
  });
}

export interface Gate {
  /** Lets the present waiter, or else the next one, go on. */
  open(): void;
  /** Waits until the gate is opened or the wait is halted; the gate closes behind the waiter. */
  pass(halt: Halt): Promise<void>;
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
    pass(halt) {
      return new Promise((resolve) => {
        if (opened || halt.asked) {
          opened = false;
          return resolve();
        }
        const leave = halt.listen(done);
        wake = done;
        function done(): void {
          wake = undefined;
          opened = false;
          leave();
          resolve();
        }
      });
    },
  };
}
