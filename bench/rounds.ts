/** A measurement in milliseconds (or whatever unit both sides share). */
export type Measure = () => Promise<number>;

export interface Medians {
  ours: number;
  floor: number;
}

/**
 * Both sides in turn, A B A B, so that whatever else the machine does meets both; the first round of each only
 * warms up. Medians.
 */
export async function rounds(count: number, ours: Measure, floor: Measure): Promise<Medians> {
  const oursAll: number[] = [];
  const floorAll: number[] = [];
  for (let round = 0; round <= count; round += 1) {
    const a = await ours();
    const b = await floor();
    if (round === 0) continue;
    oursAll.push(a);
    floorAll.push(b);
  }
  return { ours: median(oursAll), floor: median(floorAll) };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle];
  const low = sorted[sorted.length % 2 === 1 ? middle : middle - 1];
  if (high === undefined || low === undefined) throw new Error('no values, no median');
  return (high + low) / 2;
}

/** Milliseconds that it takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
