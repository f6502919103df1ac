import type { Halt } from '../halt.ts';
import { sleep } from '../wait.ts';

const quietMs = 2_000;

/**
 * What to call after some work: when nothing more has come for two seconds, and the agent is idle, garbage is
 * collected once. V8 by itself waits until it needs the room, and an agent that has worked would hold twice of what
 * it needs for as long as it idles. There is no timer while there was no work.
 */
export function whenQuiet(idle: () => boolean, stopped: Halt): () => void {
  let timer: NodeJS.Timeout | undefined;
  const tidy = () => {
    // A machine that cannot give back only keeps more memory.
    if (idle()) collectGarbage(stopped).catch(() => {});
  };
  stopped.listen(() => clearTimeout(timer));
  return () => {
    if (stopped.asked) return;
    if (timer === undefined) timer = setTimeout(tidy, quietMs);
    else timer.refresh();
  };
}

async function collectGarbage(stopped: Halt): Promise<void> {
  const { setFlagsFromString } = await import('node:v8');
  const { runInNewContext } = await import('node:vm');
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect !== 'function') return;
  // The first time finds what is garbage, the second gives the pages back; the space for new objects shrinks only
  // when V8 has seen some time with few of them.
  for (const pause of [0, 0, 5 * quietMs, 0]) {
    await sleep(pause, stopped);
    if (!stopped.asked) collect();
  }
}
