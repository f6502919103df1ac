import { describe, expect, it } from 'vitest';
import { backoffDelay, pollDelay } from './backoff.ts';
import { parseRetryAfter } from './retry-after.ts';
import { singleFlight } from './single-flight.ts';

describe('the wait before the next poll', () => {
  it('is the interval, ten per cent up or down', () => {
    expect(pollDelay(60, () => 0)).toBeCloseTo(54);
    expect(pollDelay(60, () => 0.5)).toBeCloseTo(60);
    expect(pollDelay(60, () => 0.999999)).toBeCloseTo(66);
  });

  it('after failures has a ceiling that doubles up to 15 minutes', () => {
    const ceilings = [1, 2, 3, 4, 9, 10, 50, 10_000].map((failures) =>
      backoffDelay(failures, () => 0.999999999),
    );
    expect(ceilings.map(Math.round)).toEqual([2, 4, 8, 16, 512, 900, 900, 900]);
  });

  it('after a failure is drawn from the whole range below the ceiling, but never below a second', () => {
    expect(backoffDelay(10, () => 0)).toBe(1);
    expect(backoffDelay(10, () => 0.5)).toBe(450);
  });

  it('is never shorter than the server asked for', () => {
    expect(backoffDelay(1, () => 0, 120)).toBe(120);
    expect(backoffDelay(1, () => 0.999999, 120)).toBeCloseTo(132);
    expect(backoffDelay(1, () => 0, 3600)).toBe(3600);
  });
});

describe('a Retry-After header', () => {
  const now = Date.UTC(2026, 0, 1);
  it.each([
    ['120', 120],
    [' 0 ', 0],
    [new Date(now + 90_000).toUTCString(), 90],
    [new Date(now - 90_000).toUTCString(), 0],
    ['soon', undefined],
    ['', undefined],
    ['-5x', undefined],
  ])('%j is %s seconds', (header, seconds) => {
    expect(parseRetryAfter(header, now)).toBe(seconds);
  });
});

describe('single flight', () => {
  it('answers who asks meanwhile with one more run that starts afterwards', async () => {
    const finish: ((value: number) => void)[] = [];
    const ask = singleFlight(() => new Promise<number>((resolve) => finish.push(resolve)));
    const first = ask();
    const others = [ask(), ask(), ask()];
    await Promise.resolve();
    expect(finish).toHaveLength(1);
    finish[0]?.(1);
    await first;
    await new Promise((resolve) => setImmediate(resolve));
    expect(finish).toHaveLength(2);
    finish[1]?.(2);
    expect(await Promise.all(others)).toEqual([2, 2, 2]);
  });

  it('goes on after a failure', async () => {
    let runs = 0;
    const ask = singleFlight(async () => {
      runs += 1;
      if (runs === 1) throw new Error('once');
      return runs;
    });
    const first = ask();
    const second = ask();
    await expect(first).rejects.toThrow('once');
    expect(await second).toBe(2);
    expect(await ask()).toBe(3);
  });
});
