import type { Desired } from '../desired/desired.ts';
import type { Execution } from '../run/execution.ts';
import { deliverBefore } from '../run/first-execution.ts';
import { tickOccurrence } from '../run/occurrence.ts';
import { isOverdue } from '../run/overdue.ts';
import type { Run } from '../run/run.ts';
import { ticksThrough } from '../run/ticks.ts';
import { asWanted } from './as-wanted.ts';
import type { Planning } from './planning.ts';
import type { FireStep } from './step.ts';

/** Ticks that have come, and what could not be delivered in time, of the runs for which some time has come. */
export function planDue(planning: Planning, desired: Desired): void {
  const { known, now, plan } = planning;
  for (const id of known.dueRuns) {
    const run = known.runs.get(id);
    if (run === undefined) continue;
    const ticks = new Map<string, { at: string; zone?: string }>();
    const late: string[] = [];
    let held = false;
    for (const execution of known.liveOf(id)) {
      const moment = tickOf(execution);
      if (moment !== undefined) {
        if (moment.at <= now) ticks.set(`${moment.at} ${moment.zone ?? ''}`, moment);
      } else if (execution.state.is === 'waiting' || execution.state.is === 'offered') {
        const since = known.onlineSince(execution.instance);
        const isGone = since === undefined && known.hasCalled(execution.instance);
        if (isOverdue(execution.state, now, since, isGone ? undefined : known.listeningSince))
          late.push(execution.id);
        else held ||= execution.state.deliverBefore <= now;
      }
    }
    if (late.length > 0)
      plan.steps.push({ do: 'abort', run: id, invocation: run.invocation, executions: late });
    if (held) plan.recheck.push(id);
    for (const { at, zone } of ticks.values()) fire(planning, desired, run, at, zone);
  }
}

function tickOf({ state }: Execution): { at: string; zone?: string } | undefined {
  return state.is === 'scheduled' && state.for.is === 'tick' ? state.for : undefined;
}

/**
 * Of the ticks that have come since the last look, which is one unless the controller was away or the clock jumped,
 * the newest fires if it is not too late for that; the others are missed.
 */
function fire(
  { catalog, now, plan }: Planning,
  desired: Desired,
  run: Run,
  at: string,
  zone: string | undefined,
): void {
  const { work, script, repeat, deliverySeconds } = asWanted(desired, run);
  if (repeat.mode !== 'Period') return;
  const { startingDeadlineSeconds, until } = repeat;
  const step: FireStep = {
    do: 'fire',
    run: run.id,
    invocation: run.invocation,
    ahead: { occurrence: tickOccurrence(at), at },
    concurrency: repeat.concurrency,
    ...(zone !== undefined && { zone }),
    lastTick: at,
  };
  if (until !== undefined && at > until) {
    step.missed = { reason: `the schedule had ended at ${until}`, ticks: 1, through: at };
    plan.steps.push(step);
    return;
  }
  const { count, beforeLast, last } = ticksThrough({ acceptedAt: run.acceptedAt, repeat }, at, now, zone);
  step.lastTick = last;
  const isLate = Date.parse(now) - Date.parse(last) > startingDeadlineSeconds * 1000;
  const missed = isLate ? count : count - 1;
  if (missed > 0) {
    const reason = isLate
      ? `it was noticed at ${now}, later than its startingDeadline of ${startingDeadlineSeconds} s allows`
      : `it was noticed at ${now}, when a later tick had come`;
    step.missed = { reason, ticks: missed, through: isLate ? last : beforeLast };
  }
  if (!isLate) {
    step.fires = {
      occurrence: tickOccurrence(last),
      at: last,
      commit: catalog.commit,
      work,
      ...(script !== undefined && { script }),
      deliverBefore: deliverBefore({ deliverySeconds, repeat }, last, now),
    };
  }
  plan.steps.push(step);
}
