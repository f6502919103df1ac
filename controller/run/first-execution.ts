import type { Execution, ExecutionState } from './execution.ts';
import { nextBoot, tickOccurrence } from './occurrence.ts';
import type { Run } from './run.ts';
import { tickAfter, zoneFor } from './ticks.ts';

/** As much of an instance as its executions depend on. */
export interface Machine {
  id: string;
  facts: { bootId: string; timezone?: string };
}

/**
 * What an instance gets when it becomes one of a run's: an execution that waits to be delivered, or for a tick or a
 * boot that is to come. Undefined where none comes any more. Editing a schedule, or joining it, never fires it.
 */
export function firstExecution(
  run: Run,
  { id, facts }: Machine,
  now: string,
): Pick<Execution, 'occurrence' | 'instance' | 'state'> | undefined {
  const execution = (occurrence: string, state: ExecutionState) => ({ occurrence, instance: id, state });
  const { repeat } = run;
  switch (repeat.mode) {
    case 'Once':
    case 'DryRun':
      return execution('once', { is: 'waiting', deliverBefore: deliverBefore(run, now, now) });
    case 'NextRebootOnly':
    case 'EveryReboot':
      return execution(nextBoot, { is: 'scheduled', for: { is: 'boot', after: facts.bootId, since: now } });
    case 'Period': {
      const scheduled = { ...run, repeat };
      const zone = zoneFor(scheduled, facts.timezone);
      // A clock that was set back, an edit and a revert: what has been does not come again.
      const { lastTick = now } = run;
      const at = tickAfter(scheduled, lastTick > now ? lastTick : now, zone);
      if (at === undefined) return undefined;
      const moment = { is: 'tick', at, ...(zone !== undefined && { zone }) } as const;
      return execution(tickOccurrence(at), { is: 'scheduled', for: moment });
    }
  }
}

/**
 * ISO time until which an execution may be handed to its instance that is due since `from` (its tick, or its
 * acceptance), as of `now`.
 */
export function deliverBefore(
  { deliverySeconds, repeat }: Pick<Run, 'deliverySeconds' | 'repeat'>,
  from: string,
  now: string,
): string {
  const delivery = Date.parse(now) + deliverySeconds * 1000;
  if (repeat.mode !== 'Period') return new Date(delivery).toISOString();
  const start = Date.parse(from) + repeat.startingDeadlineSeconds * 1000;
  return new Date(Math.min(delivery, start)).toISOString();
}
