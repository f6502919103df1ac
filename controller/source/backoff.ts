/** How a failing remote is asked again. Pure: randomness (0 ≤ r < 1) is passed in; everything is in seconds. */

const first = 2;
const longest = 15 * 60;
/** A server may ask for more than our own longest wait, within reason. */
const longestRetryAfter = 24 * 60 * 60;

/** The interval with ±10 % of jitter, so that many controllers do not ask at the same moment. */
export function pollDelay(interval: number, random: () => number): number {
  return interval * (0.9 + 0.2 * random());
}

/**
 * Wait after the n-th failure in a row (n ≥ 1): full jitter below a ceiling that doubles up to 15 minutes, never
 * below a second. With `retryAfter`, what the server asked for and up to 10 % more.
 */
export function backoffDelay(failures: number, random: () => number, retryAfter?: number): number {
  if (retryAfter !== undefined) {
    const asked = Math.min(Math.max(retryAfter, 1), longestRetryAfter);
    return asked * (1 + 0.1 * random());
  }
  const ceiling = Math.min(longest, first * 2 ** Math.min(failures - 1, 20));
  return Math.max(1, ceiling * random());
}
