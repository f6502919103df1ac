import { type ProblemCode, problemCodes } from './problem-codes.ts';

/** Where something stands in a file. Lines and columns count from 1; `length` is in UTF-16 units. */
export interface Place {
  file: string;
  line: number;
  column: number;
  length?: number;
}

/** What a message is made of: what is wrong, what was found there, what would be legal. */
export interface Finding {
  what: string;
  found?: string | undefined;
  legal?: string | undefined;
}

/**
 * A user's mistake, as a value: which rule, where, what was found, what to do. Problems are collected, never
 * thrown, so that all of them are reported at once.
 */
export interface Problem extends Place {
  code: ProblemCode;
  severity: 'error' | 'warning';
  /** Complete by itself: says what was found and what is legal. */
  message: string;
  hint: string;
  /** The same as `message` in its parts, for a report that shows them one by one. */
  finding?: Finding;
}

/** Makes a problem; `hint` defaults to the one that the table of codes has. */
export function problem(code: ProblemCode, place: Place, message: string | Finding, hint?: string): Problem {
  const { severity, hint: usual } = problemCodes[code];
  const { file, line, column, length } = place;
  const rest = { hint: hint ?? usual, file, line, column, ...(length === undefined ? {} : { length }) };
  return typeof message === 'string'
    ? { code, severity, message, ...rest }
    : { code, severity, message: sentence(message), finding: message, ...rest };
}

/** Whether one of them is more than a warning. */
export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some(({ severity }) => severity === 'error');
}

/** Orders problems as they are read: by file, line, column, then code. */
export function compareProblems(a: Problem, b: Problem): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  if (a.line !== b.line) return a.line - b.line;
  if (a.column !== b.column) return a.column - b.column;
  return a.code === b.code ? (a.message < b.message ? -1 : 1) : a.code < b.code ? -1 : 1;
}

function sentence({ what, found, legal }: Finding): string {
  const parts = [what];
  if (found !== undefined) parts.push(`found ${found}`);
  if (legal !== undefined) parts.push(`legal: ${legal}`);
  return parts.join('; ');
}
