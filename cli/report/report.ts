import type { Problem } from '../../schemas/problem.ts';

/** What a check found. */
export interface Report {
  /** The files that were checked, named as the user would. */
  files: readonly string[];
  problems: readonly Problem[];
  /** A line of a file as it is on disk; undefined if it cannot be had. */
  sourceLine(file: string, line: number): string | undefined;
}

/** '1 file', '2 files'. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
