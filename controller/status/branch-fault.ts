import type { Address } from '../source/address.ts';
import { type RemoteFailure, readFailure } from '../source/remote-failure.ts';

/** Why the status branch could not be written. Nothing is lost: the writer tries again by itself. */
export interface BranchFault {
  is: 'fault';
  reason:
    | 'Unreachable'
    | 'NotFound'
    | 'Untrusted'
    | 'PermissionDenied'
    | 'Rejected'
    | 'BranchCheckedOut'
    | 'RaceLost'
    | 'Misconfigured'
    | 'RepositoryBroken';
  message: string;
  hint: string;
}

const hints = {
  Unreachable: 'Check the address and the network. The controller tries again by itself.',
  NotFound: 'Check the address of the repository.',
  Untrusted: 'Check the host key or the certificate of the server.',
  PermissionDenied:
    'Give the controller credentials that may write the status branch: --write-token-file FILE.',
  Rejected:
    'A hook or a rule of the repository refuses the push. Allow the controller to write the status branch.',
  BranchCheckedOut: 'The status branch is checked out in that repository. Check out another one there.',
  RaceLost: 'Somebody else writes the status branch all the time. It belongs to one controller.',
  Misconfigured: 'Correct the configuration of the controller.',
  RepositoryBroken: 'Check the disk of the data folder. The copy of the branch there is made anew by itself.',
} as const satisfies Record<BranchFault['reason'], string>;

export function branchFault(reason: BranchFault['reason'], message: string, hint?: string): BranchFault {
  return { is: 'fault', reason, message: oneLine(message), hint: hint ?? hints[reason] };
}

/** What git printed when it could not do what it was asked for, as a fault. */
export function faultOf(stderr: string, address: Address): BranchFault {
  const { is, message, hint } = readFailure(stderr, address);
  return branchFault(reasons[is], message, hint);
}

const reasons = {
  refused: 'PermissionDenied',
  'not found': 'NotFound',
  untrusted: 'Untrusted',
  busy: 'Unreachable',
  unreachable: 'Unreachable',
  damaged: 'Unreachable',
} as const satisfies Record<RemoteFailure['is'], BranchFault['reason']>;

function oneLine(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('; ')
    .slice(0, 500);
}
