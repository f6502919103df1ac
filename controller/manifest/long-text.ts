import { type Problem, problem } from '../../schemas/problem.ts';
import { fieldPath } from '../../schemas/schema-findings.ts';
import type { Locate } from '../../schemas/schema-problems.ts';

/** Why a text is too long for a limit that can be changed. The schema knows only how long it could ever be. */
export function longText(
  text: string | undefined,
  most: number,
  path: readonly string[],
  locate: Locate,
): Problem[] {
  const { length } = text ?? '';
  if (length <= most) return [];
  const what = `${fieldPath(path)} is too long`;
  const finding = { what, found: `${length} characters`, legal: `${most} characters at most` };
  return [problem('TextTooLong', locate(path, 'value'), finding)];
}
