import type { Known } from '../plan/planning.ts';
import type { Ledger } from '../store/ledger.ts';
import { followBoots } from './boots.ts';
import { type Due, followDue } from './due.ts';
import { followEndedOccurrences } from './ended-occurrences.ts';
import { followEndedRuns } from './ended-runs.ts';
import { followMembers, type Members } from './members.ts';

/** What is kept up to date beside the ledger, so that no plan has to search it. */
export interface Followed {
  members: Members;
  due: Due;
  endedRuns: ReadonlySet<string>;
  endedOccurrences: ReadonlySet<string>;
  rebooted: ReadonlySet<string>;
}

/** `onNews` is called when there is something new to plan. */
export function follow(ledger: Ledger, onNews: () => void): Followed {
  return {
    members: followMembers(ledger),
    due: followDue(ledger),
    endedRuns: followEndedRuns(ledger, onNews),
    endedOccurrences: followEndedOccurrences(ledger, onNews),
    rebooted: followBoots(ledger, onNews),
  };
}

/** What a plan is made from, as of now (ISO time); but for what the pass alone knows. */
export function knownOf(
  ledger: Ledger,
  { due, endedOccurrences, endedRuns, members, rebooted }: Followed,
  now: string,
): Omit<
  Known,
  'acknowledged' | 'fleetChanged' | 'hasCalled' | 'listeningSince' | 'onlineSince' | 'suspects'
> {
  return {
    commands: ledger.commands,
    invocations: ledger.invocations,
    runs: ledger.runs,
    fleet: ledger,
    members: members.known,
    endedRuns,
    endedOccurrences,
    rebooted,
    dueRuns: due.of(now),
    liveOf: (run) => ledger.liveOf(run).values(),
    live: ledger.live,
    occurrences: ledger.occurrences,
    machine: (instance) => ledger.instances.get(instance),
  };
}
