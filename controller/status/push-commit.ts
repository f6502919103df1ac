import { type BranchFault, branchFault, faultOf } from './branch-fault.ts';
import type { StatusRepository } from './status-repository.ts';

export type Push =
  | { is: 'pushed' }
  /** The remote refused this commit. `raced`: because the branch was moved meanwhile. */
  | { is: 'rejected'; raced: boolean; fault: BranchFault }
  | BranchFault;

/** Moves the branch of the remote to this commit, if that is a descendant of where it is. */
export async function pushCommit(
  { remote, address, url, ref }: StatusRepository,
  commit: string,
): Promise<Push> {
  const answer = await remote(['push', '--porcelain', '--', url, `${commit}:${ref}`]);
  if ('is' in answer) return answer;
  if (answer.exitCode === 0) return { is: 'pushed' };
  const summary = answer.stdout
    .toString()
    .split('\n')
    .map((line) => line.split('\t'))
    .find(([flag]) => flag === '!')?.[2];
  if (summary === undefined) return faultOf(answer.stderr, address);
  return { is: 'rejected', raced: racing.test(summary), fault: rejection(summary, answer.stderr) };
}

const racing =
  /fetch first|non-fast-forward|stale info|cannot lock ref|failed to update ref|incorrect old value|already exists/;

function rejection(summary: string, stderr: string): BranchFault {
  if (/currently checked out/.test(summary)) return branchFault('BranchCheckedOut', summary);
  const said = stderr
    .split('\n')
    .filter((line) => line.startsWith('remote: '))
    .map((line) => line.slice('remote: '.length));
  if (/unpacker error/.test(summary)) return branchFault('PermissionDenied', [summary, stderr].join('\n'));
  return branchFault('Rejected', [summary, ...said].join('\n'));
}
