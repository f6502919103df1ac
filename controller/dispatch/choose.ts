// What an instance gets at a poll.
//
// 1. Nothing before its journal is handed over.
// 2. Per instance one Invocation is strictly serial: nothing of it starts beside something of it, but for ticks of a
//    schedule whose policy is to allow that.
//    What came too late for an instance that was away is not given to it (run/overdue.ts).
// 3. An execution keeps its offer number; it is offered again in another session at once, in the same one after
//    10 s. A stop is repeated after 2 s, until the end is reported.
// 4. What waits comes in the order of its acceptance.
import { type Execution, type ExecutionState, isUnsent } from '../run/execution.ts';
import { isOverdue } from '../run/overdue.ts';
import type { Run } from '../run/run.ts';
import type { Ledger } from '../store/ledger.ts';
import type { Session } from './session.ts';

export const repeatMs = { run: 10_000, stop: 2_000 } as const;
/** More come with the next poll. */
const ordersAtOnce = 64;

type In<K extends ExecutionState['is']> = Execution & { state: Extract<ExecutionState, { is: K }> };
export type Stopping = In<'stopping'>;
export type Offered = In<'offered'>;
export type Waiting = In<'waiting'>;

export interface Choice {
  stops: readonly Stopping[];
  /** Offered before, and nobody said that they arrived. */
  again: readonly Offered[];
  /** Waiting until now. */
  fresh: readonly Waiting[];
  /** When (ms) something that was held back now may be repeated; undefined if nothing was. */
  dueAt: number | undefined;
}

const nothing: Choice = { stops: [], again: [], fresh: [], dueAt: undefined };

/** What this session is ordered now, at the most `room` runs. Changes nothing but the session's own notes. */
export function choose(
  ledger: Ledger,
  session: Session,
  room: number,
  now: number,
  onlineSince: number | undefined,
  listeningSince: number,
): Choice {
  if (session.handover !== undefined) return nothing;
  const live = ledger.liveOn(session.instance);
  if (live.size === 0) {
    session.given = undefined;
    return nothing;
  }
  forgetEnded(session, live);

  const stops: Stopping[] = [];
  const again: Offered[] = [];
  const fresh: Waiting[] = [];
  const underWay = new Map<string, string>();
  let dueAt: number | undefined;

  const isDue = (execution: Execution, order: 'run' | 'stop') => {
    const last = session.given?.get(execution.id);
    if (last?.order !== order || last.at + repeatMs[order] <= now) return true;
    dueAt = Math.min(dueAt ?? Number.POSITIVE_INFINITY, last.at + repeatMs[order]);
    return false;
  };

  // Worked out once, and only where something waits.
  let time: string | undefined;
  const isLate = ({ state }: Waiting | Offered) =>
    isOverdue(
      state,
      (time ??= iso(now)),
      onlineSince === undefined ? undefined : iso(onlineSince),
      iso(listeningSince),
    );

  const runsLeft = Math.min(room, ordersAtOnce);
  for (const execution of live.values()) {
    if (isUnsent(execution.state)) continue;
    begin(underWay, ledger.runs.get(execution.run));
    if (isStopping(execution)) {
      if (stops.length < ordersAtOnce && isDue(execution, 'stop')) stops.push(execution);
    } else if (isOffered(execution)) {
      if (again.length < runsLeft && !isLate(execution) && isDue(execution, 'run')) again.push(execution);
    }
  }
  for (const execution of live.values()) {
    if (again.length + fresh.length >= runsLeft) break;
    if (!isWaiting(execution)) continue;
    const run = ledger.runs.get(execution.run);
    if (run === undefined || !mayBegin(underWay, run) || isLate(execution)) continue;
    begin(underWay, run);
    fresh.push(execution);
  }

  for (const { id } of stops) note(session, id, 'stop', now);
  for (const { id } of again) note(session, id, 'run', now);
  for (const { id } of fresh) note(session, id, 'run', now);
  return { stops, again, fresh, dueAt };
}

/** Notes that something of this run is on its way; by Invocation, the run or that there are several. */
function begin(underWay: Map<string, string>, run: Run | undefined): void {
  if (run === undefined) return;
  const known = underWay.get(run.invocation);
  underWay.set(run.invocation, known === undefined || known === run.id ? run.id : 'several');
}

function mayBegin(underWay: ReadonlyMap<string, string>, { id, invocation, repeat }: Run): boolean {
  const known = underWay.get(invocation);
  return known === undefined || (known === id && repeat.mode === 'Period' && repeat.concurrency === 'Allow');
}

function iso(time: number): string {
  return new Date(time).toISOString();
}

function isStopping(execution: Execution): execution is Stopping {
  return execution.state.is === 'stopping';
}

function isWaiting(execution: Execution): execution is Waiting {
  return execution.state.is === 'waiting';
}

function isOffered(execution: Execution): execution is Offered {
  return execution.state.is === 'offered';
}

function note(session: Session, execution: string, order: 'run' | 'stop', at: number): void {
  session.given ??= new Map();
  session.given.set(execution, { order, at });
}

function forgetEnded(session: Session, live: ReadonlyMap<string, Execution>): void {
  if (session.given === undefined || session.given.size <= live.size) return;
  for (const id of session.given.keys()) if (!live.has(id)) session.given.delete(id);
}
