/**
 * The shortest time between two times of day that follow each other, in milliseconds. A day is taken to follow the
 * next; fields of numbers are in ascending order.
 */
export function shortestInterval(
  seconds: readonly number[],
  minutes: readonly number[],
  hours: readonly number[],
): number {
  let first: number | undefined;
  let before: number | undefined;
  let shortest = 86_400;
  for (const hour of hours)
    for (const minute of minutes)
      for (const second of seconds) {
        const time = hour * 3600 + minute * 60 + second;
        first ??= time;
        if (before !== undefined) shortest = Math.min(shortest, time - before);
        if (shortest === 1) return 1000;
        before = time;
      }
  const overnight = 86_400 - (before ?? 0) + (first ?? 0);
  return Math.min(shortest, overnight) * 1000;
}
