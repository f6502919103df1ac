// Patterns of parameters. A pattern that is plainly linear is matched at once; any other with a limit of time, so
// that a regular expression that goes wild costs milliseconds and not the controller.
import { createContext, Script } from 'node:vm';

export type Fit = 'yes' | 'no' | 'slow';

/** Values longer than this fit no pattern: matching may take the square of the length. */
export const maxMatchedLength = 4096;
const matchMilliseconds = 100;

/** Whether the whole value matches the pattern, which patternFault has found nothing against. */
export function fits(pattern: string, value: string): Fit {
  if (value.length > maxMatchedLength) return 'no';
  const expression = compiled(pattern);
  return isPlain(pattern) ? (expression.test(value) ? 'yes' : 'no') : limited(expression, value);
}

/** What is wrong with a pattern: it is no regular expression (and why), or it is seen to go wild. */
export function patternFault(pattern: string): { is: 'invalid'; why: string } | { is: 'slow' } | undefined {
  try {
    // First by itself: a)|(b is only balanced inside the group that makes it match the whole value.
    RegExp(pattern, 'u');
    compiled(pattern);
  } catch (error) {
    return { is: 'invalid', why: error instanceof Error ? error.message : String(error) };
  }
  if (isPlain(pattern)) return undefined;
  return probes.some((probe) => limited(compiled(pattern), probe) === 'slow') ? { is: 'slow' } : undefined;
}

/** What the usual wild patterns stumble over: a long run of one character and an end that does not fit. */
const probes = ['a', 'A', '0', '-', '.', ' ', '_', '/', 'a.', 'a-', 'a0'].map(
  (unit) => `${unit.repeat(200)}\u0001`,
);

function compiled(pattern: string): RegExp {
  const known = expressions.get(pattern);
  if (known !== undefined) return known;
  const made = new RegExp(`^(?:${pattern})$`, 'u');
  if (expressions.size >= 1000) expressions.clear();
  expressions.set(pattern, made);
  return made;
}

const expressions = new Map<string, RegExp>();

/** At most two unbounded repetitions, none of a group, no references back: quadratic at worst. */
function isPlain(pattern: string): boolean {
  const bare = pattern.replace(/\\./g, 'x').replace(/\[[^\]]*\]/g, 'x');
  return (
    !/\)[*+?{]|\\\d|\\k/.test(bare) &&
    !/\\[1-9k]/.test(pattern) &&
    (bare.match(/[*+]|,\}/g)?.length ?? 0) <= 2
  );
}

function limited(expression: RegExp, value: string): Fit {
  Object.assign(sandbox, { expression, value });
  try {
    return matching.runInContext(context, { timeout: matchMilliseconds }) === true ? 'yes' : 'no';
  } catch {
    return 'slow';
  }
}

const sandbox: Record<string, unknown> = {};
const context = createContext(sandbox);
const matching = new Script('expression.test(value)');
