import { type Part, type Reading, readAlong } from './part.ts';
import type { ScheduleLimits } from './schedule.ts';

/** Whether an expression means to be a rate. */
export function isRate(expression: string): boolean {
  return /^\s*rate\b/i.test(expression);
}

/**
 * `rate(<n><unit>)`: case does not matter; blanks may stand before the bracket and before the unit, nowhere else.
 */
export function readRate(whole: Part, anchor: number, limits: ScheduleLimits['rate']): Reading {
  const read = readAlong(whole, [/rate\s*\(/iy, /\d+/y, /\s*[smhd]/iy, /\)$/y]);
  if ('failed' in read) return wrong(read.rest, expected[read.failed] ?? '');
  const [, digits = whole, unit = whole] = read.matched;
  const count = Number(digits.text);
  const every = count * (milliseconds[unit.text.trim().toLowerCase()] ?? Number.NaN);
  const interval = { text: `${digits.text}${unit.text}`, offset: digits.offset };
  if (every < limits.shortest)
    return wrong(interval, `${words(limits.shortest)} or more`, 'the interval is too short');
  if (every > limits.longest) {
    const finding = {
      what: 'the interval is too long',
      found: interval.text.slice(0, 40),
      legal: `${words(limits.longest)} or less`,
    };
    return { faults: [{ code: 'RateFrequencyTooLarge', part: interval, finding }] };
  }
  return { schedule: { form: 'rate', every, anchor }, faults: [] };
}

const milliseconds: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** What is expected where a pattern does not fit. */
const expected = ['rate(', 'a whole number', 's, m, h or d', ') and nothing after it'];

function wrong(part: Part, legal: string, what = 'this is no rate'): Reading {
  const found = part.text === '' ? 'nothing' : JSON.stringify(part.text.slice(0, 40));
  return { faults: [{ code: 'InvalidRateExpression', part, finding: { what, found, legal } }] };
}

/** 90000 → '90s', 604800000 → '7d'. */
function words(duration: number): string {
  for (const [unit, length] of Object.entries(milliseconds).reverse())
    if (duration % length === 0) return `${duration / length}${unit}`;
  return `${duration}ms`;
}
