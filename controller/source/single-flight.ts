/**
 * Makes an action that never runs twice at once. Who asks while it runs gets the answer of one more run that
 * starts when this one has ended: an answer that was under way before the question could be too old. All who
 * wait share that run.
 */
export function singleFlight<T>(action: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  let waiting: Promise<T> | undefined;

  const start = (): Promise<T> => {
    const run = action().finally(() => {
      if (running === run) running = undefined;
    });
    running = run;
    return run;
  };

  const afterwards = async (current: Promise<T>): Promise<T> => {
    await current.catch(() => undefined);
    waiting = undefined;
    return await start();
  };

  return () => {
    if (waiting !== undefined) return waiting;
    if (running === undefined) return start();
    waiting = afterwards(running);
    return waiting;
  };
}
