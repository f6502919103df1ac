import { Refused } from './refused.ts';

/**
 * The full ref of a branch. The full name is used everywhere: a tag of the same name would win over the short
 * one. Stricter than git check-ref-format: what could be read as an option, a range, a refspec or a path
 * outside of refs/ is refused.
 */
export function branchRef(branch: string): string {
  const problem = whatIsWrong(branch);
  if (problem !== undefined) {
    throw new Refused(
      `"${printable(branch)}" cannot be used as a branch name: ${problem}`,
      'Give the short name, such as main or release/1. Letters, digits, ".", "_", "-" and "/" are allowed.',
    );
  }
  return `refs/heads/${branch}`;
}

function whatIsWrong(branch: string): string | undefined {
  if (!/^[A-Za-z0-9._/-]+$/.test(branch)) return 'it has characters that are not allowed';
  if (branch.startsWith('refs/')) return 'it is a full ref';
  if (branch.startsWith('-')) return 'it starts with "-"';
  if (branch.length > 200) return 'it is longer than 200 characters';
  if (branch.includes('..')) return 'it has ".." in it';
  if (branch.endsWith('.')) return 'it ends with "."';
  const parts = branch.split('/');
  if (parts.includes('')) return 'it has an empty part between slashes';
  if (parts.some((part) => part.startsWith('.'))) return 'a part of it starts with "."';
  if (parts.some((part) => part.endsWith('.lock'))) return 'a part of it ends with ".lock"';
  return undefined;
}

function printable(text: string): string {
  return JSON.stringify(text).slice(1, -1).slice(0, 100);
}
