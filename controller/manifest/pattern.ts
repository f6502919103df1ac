// Patterns of parameters. A pattern that is plainly quick is matched at once; any other with a limit of time, so that
// a regular expression that goes wild costs milliseconds and not the controller.
//
// 1. A pattern that ran out of time twice in a row is slow for good: no further value costs anything.
// 2. One file may run out of time a few times only (freshPatience); the rest of its patterns get next to none.
import { createContext, Script } from 'node:vm';

export type Fit = 'yes' | 'no' | 'slow';

/** Values longer than this fit no pattern: matching may take the square of the length. */
export const maxMatchedLength = 4096;
const matchMilliseconds = 100;
const hurriedMilliseconds = 2;
const timeoutsOfAFile = 10;

/** Whether the whole value matches the pattern, which patternFault has found nothing against. */
export function fits(pattern: string, value: string): Fit {
  if (value.length > maxMatchedLength) return 'no';
  if (!isPlain(pattern)) return limited(pattern, [value]);
  return compiled(pattern).test(value) ? 'yes' : 'no';
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
  return limited(pattern, probes) === 'slow' ? { is: 'slow' } : undefined;
}

/** To be called before each file: what an earlier one used up is not held against it. */
export function freshPatience(): void {
  timeouts = 0;
  doubted.clear();
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

/** Characters and classes in a row, at most two of them with a quantifier of any kind: quadratic at worst. */
function isPlain(pattern: string): boolean {
  const bare = pattern.replace(/\\./gu, 'x').replace(/\[[^\]]*\]/g, 'x');
  return !/[|()]/.test(bare) && (bare.match(/[*+?{]/g)?.length ?? 0) <= 2;
}

/** Whether one of the values matches. */
function limited(pattern: string, values: readonly string[]): Fit {
  if (wild.has(pattern) || doubted.has(pattern)) return 'slow';
  const isHurried = timeouts >= timeoutsOfAFile;
  // A second try, because the first may have run out of time while the machine did something else.
  for (const timeout of isHurried ? [hurriedMilliseconds] : [matchMilliseconds, matchMilliseconds]) {
    Object.assign(sandbox, { expression: compiled(pattern), values });
    try {
      return matching.runInContext(context, { timeout }) === true ? 'yes' : 'no';
    } catch {
      timeouts += 1;
    }
  }
  if (wild.size >= 1000) wild.clear();
  (isHurried ? doubted : wild).add(pattern);
  return 'slow';
}

let timeouts = 0;
const wild = new Set<string>();
const doubted = new Set<string>();
const sandbox: Record<string, unknown> = {};
const context = createContext(sandbox);
const matching = new Script('values.some((value) => expression.test(value))');
