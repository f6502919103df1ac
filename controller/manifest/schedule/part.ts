import type { Finding } from '../../../schemas/problem.ts';
import type { ProblemCode } from '../../../schemas/problem-codes.ts';
import type { Schedule } from './schedule.ts';

/** A piece of an expression, and at which character of the expression it begins. */
export interface Part {
  text: string;
  offset: number;
}

/** What is wrong with a part. readSchedule makes problems of them. */
export interface Fault {
  code: ProblemCode;
  part: Part;
  finding: Finding;
  hint?: string | undefined;
}

/** The outcome of reading one form. A schedule may come with faults that only warn. */
export interface Reading {
  schedule?: Schedule;
  faults: readonly Fault[];
}

/** The piece from `start` up to `end` of a part. */
export function slice({ text, offset }: Part, start: number, end = text.length): Part {
  return { text: text.slice(start, end), offset: offset + start };
}

/** The pieces between separators, each with its place. A separator is one character. */
export function split(part: Part, separator: string): Part[] {
  const pieces: Part[] = [];
  let start = 0;
  for (const text of part.text.split(separator)) {
    pieces.push({ text, offset: part.offset + start });
    start += text.length + 1;
  }
  return pieces;
}

/** The words of a part, blanks left out. */
export function words({ text, offset }: Part): Part[] {
  return [...text.matchAll(/\S+/g)].map((match) => ({ text: match[0], offset: offset + match.index }));
}

/**
 * Reads a part from the left, pattern by pattern (each sticky). Returns what each one matched; or, where one does
 * not fit, its position in `patterns` and everything that is left from there.
 */
export function readAlong(
  part: Part,
  patterns: readonly RegExp[],
): { matched: Part[] } | { failed: number; rest: Part } {
  const matched: Part[] = [];
  let start = 0;
  for (const [position, pattern] of patterns.entries()) {
    pattern.lastIndex = start;
    const found = pattern.exec(part.text)?.[0];
    if (found === undefined) return { failed: position, rest: slice(part, start) };
    matched.push(slice(part, start, start + found.length));
    start += found.length;
  }
  return { matched };
}
