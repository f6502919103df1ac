import { firstExecution } from '../run/first-execution.ts';
import type { Run } from '../run/run.ts';
import type { Known } from './planning.ts';
import type { Note } from './step.ts';

/** Why a run is not accepted whose schedule has no tick to come on any of its instances. Codes: Cloud Assistant's. */
export function expiredSchedule(
  run: Run,
  instances: readonly string[],
  known: Pick<Known, 'machine'>,
  now: string,
): Note | undefined {
  const { repeat } = run;
  if (repeat.mode !== 'Period') return undefined;
  const hasTick = instances.some((id) => {
    const machine = known.machine(id);
    return machine !== undefined && firstExecution(run, machine, now) !== undefined;
  });
  if (hasTick) return undefined;
  const { frequency, until } = repeat;
  const reason = /^\s*at\b/i.test(frequency) ? 'AtExpressionExpired' : 'CronExpressionExpired';
  const end = until === undefined ? '' : ` until ${until}`;
  const message = `${frequency} has no tick to come${end}: it would never run.`;
  return { type: 'Accepted', reason, message };
}
