/**
 * A request to stop, which many may listen to. What AbortSignal is, at a tenth of its cost: an agent makes several
 * of these for each task.
 */
export interface Halt {
  readonly asked: boolean;
  /** Calls the listener when it is asked, once; returns what takes the listener away again. */
  listen(listener: () => void): () => void;
}

export interface Halting extends Halt {
  ask(): void;
}

/** One that is asked by itself, or when its parent is. Asking it also lets the parent forget it. */
export function makeHalt(parent?: Halt): Halting {
  const listeners = new Set<() => void>();
  let asked = parent?.asked ?? false;
  const halt: Halting = {
    get asked() {
      return asked;
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    ask() {
      if (asked) return;
      asked = true;
      leave?.();
      for (const listener of listeners) listener();
      listeners.clear();
    },
  };
  const leave = asked ? undefined : parent?.listen(halt.ask);
  return halt;
}
