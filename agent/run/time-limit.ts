import type { Halt } from '../halt.ts';
import { sleep } from '../wait.ts';

/** The longest time that a timer can be set for. */
const longest = 2 ** 31 - 1;

/** Resolves after so many milliseconds of the monotonic clock, or when it is asked to stop. */
export async function timeLimit(ms: number, halt: Halt): Promise<void> {
  const deadline = performance.now() + ms;
  for (let rest = ms; rest > 0 && !halt.asked; rest = deadline - performance.now())
    await sleep(Math.min(rest, longest), halt);
}
