import { type ProblemCode, problemCodes } from './problem-codes.ts';

/** Where something stands in a file. Lines and columns count from 1; `length` is in UTF-16 units. */
export interface Place {
  file: string;
  line: number;
  column: number;
  length?: number;
}

/**
 * A user's mistake, as a value: which rule, where, what was found, what to do. Problems are collected, never
 * thrown, so that all of them are reported at once.
 */
export interface Problem extends Place {
  code: ProblemCode;
  severity: 'error' | 'warning';
  message: string;
  hint: string;
}

/** Makes a problem; `hint` defaults to the one that the table of codes has. */
export function problem(code: ProblemCode, place: Place, message: string, hint?: string): Problem {
  const { severity, hint: usual } = problemCodes[code];
  return { code, severity, message, hint: hint ?? usual, ...place };
}
