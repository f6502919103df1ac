import { instantOf, offsetAt, turnBefore } from './local-time.ts';
import { nextLocalTime } from './next-local-time.ts';
import type { CronSchedule, KnownZone, Schedule } from './schedule.ts';

const latestInstant = 8_640_000_000_000_000;

/** The first tick after this instant; undefined when there is none up to the end of 2099. */
export function nextTick(schedule: Schedule<KnownZone>, after: number): number | undefined {
  switch (schedule.form) {
    case 'rate': {
      const { every, anchor } = schedule;
      const tick = anchor + (Math.floor(Math.max(0, after - anchor) / every) + 1) * every;
      return tick <= latestInstant ? tick : undefined;
    }
    case 'at': {
      const { instant } = instantOf(schedule.local, schedule.zone);
      return instant > after ? instant : undefined;
    }
    case 'cron':
      return nextCronTick(schedule, after);
  }
}

/**
 * Local times come in the order of the clock on the wall, which is not quite that of the instants: what a gap has
 * moved comes together with what stands behind the gap, and the second pass of a repeated hour has no ticks.
 */
function nextCronTick(schedule: CronSchedule<KnownZone>, after: number): number | undefined {
  if (!(Math.abs(after) < latestInstant / 2)) return undefined;
  const { zone } = schedule;
  const ticks: number[] = [];
  let from = after + offsetAt(after, zone);
  const turn = turnBefore(after, zone);
  if (turn !== undefined && turn.before < turn.after) {
    const moved = nextLocalTime(schedule, after + turn.before);
    if (moved !== undefined && moved < turn.at + turn.after) ticks.push(moved - turn.before);
  } else if (turn !== undefined) from = Math.max(from, turn.at + turn.before - 1);
  const local = nextLocalTime(schedule, from);
  if (local !== undefined) {
    const { instant, skippedBy } = instantOf(local, zone);
    ticks.push(instant);
    const behind = skippedBy && nextLocalTime(schedule, skippedBy.at + skippedBy.after - 1);
    if (behind !== undefined) ticks.push(instantOf(behind, zone).instant);
  }
  return ticks.length === 0 ? undefined : Math.min(...ticks);
}
