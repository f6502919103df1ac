import type { Halt } from '../halt.ts';
import { sleep } from '../wait.ts';
import type { OutputReader } from './output-reader.ts';

/**
 * Looks at a growing output until it is over: says when there is something to send, and lets its size be bounded.
 * Often at first, so that short scripts are seen, and while it grows fast.
 */
export async function watchOutput(
  reader: OutputReader,
  onReady: () => void,
  bound: { look: (over: boolean) => Promise<boolean> },
  over: Halt,
): Promise<void> {
  let fast = false;
  let last = false;
  for (let look = 0; !last; look += 1) {
    await sleep(look < 10 || fast ? 20 : 200, over);
    // It may be over while one looks: what is left is bounded too.
    last = over.asked;
    if (!last && reader.ready()) onReady();
    fast = await bound.look(last);
  }
}
