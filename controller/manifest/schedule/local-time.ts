// Local times and instants. Where the clocks of a zone are turned forward, the local times that they skip are moved by
// the gap (02:30 becomes 03:30); where they are turned back, a local time that comes twice is the first of the two.
import type { KnownZone } from './schedule.ts';

const day = 86_400_000;

/** Where a zone's clocks are turned, and its offsets before and after. All in milliseconds. */
interface Turn {
  at: number;
  before: number;
  after: number;
}

/** The instant of a local time; with the turn if that skips it. */
export function instantOf(local: number, zone: KnownZone): { instant: number; skippedBy?: Turn } {
  const before = offsetAt(local - day, zone);
  const after = offsetAt(local + day, zone);
  if (before === after || offsetAt(local - before, zone) === before) return { instant: local - before };
  if (offsetAt(local - after, zone) === after) return { instant: local - after };
  return { instant: local - before, skippedBy: turnBetween(local - after, local - before, zone) };
}

/** What the clocks of the zone are ahead of UTC by. */
export function offsetAt(instant: number, zone: KnownZone): number {
  if (zone.is === 'offset') return zone.minutes * 60_000;
  const [, sign = '+', h = 0, m = 0, s = 0] =
    /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(clock(zone.name).format(instant)) ?? [];
  const seconds = Number(h) * 3600 + Number(m) * 60 + Number(s);
  return (sign === '-' ? -seconds : seconds) * 1000;
}

/** The turn in the day up to this instant, if there is one: no gap and no repetition is longer than a day. */
export function turnBefore(instant: number, zone: KnownZone): Turn | undefined {
  const start = instant - day - 1;
  return offsetAt(start, zone) === offsetAt(instant, zone) ? undefined : turnBetween(start, instant, zone);
}

/** The offset at `early` is not the one at `late`: halves the time between until the second is found. */
function turnBetween(early: number, late: number, zone: KnownZone): Turn {
  const before = offsetAt(early, zone);
  let [low, high] = [Math.floor(early / 1000), Math.floor(late / 1000)];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle * 1000, zone) === before) low = middle;
    else high = middle;
  }
  return { at: high * 1000, before, after: offsetAt(high * 1000, zone) };
}

function clock(zone: string): Intl.DateTimeFormat {
  const known = clocks.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  clocks.set(zone, made);
  return made;
}

const clocks = new Map<string, Intl.DateTimeFormat>();
