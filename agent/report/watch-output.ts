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
  bound: { look: () => Promise<boolean> },
  over: Halt,
): Promise<void> {
  let fast = false;
  for (let look = 0; !over.asked; look += 1) {
    await sleep(look < 10 || fast ? 20 : 200, over);
    if (!over.asked && reader.ready()) onReady();
    // The last time when it is over: what a short script has left is bounded too.
    fast = await bound.look();
  }
}
