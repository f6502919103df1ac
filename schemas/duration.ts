const units = { d: 86_400, h: 3_600, m: 60, s: 1 } as const;

/** 99,999 days. Any time of ours may have it added: it still is one that a Date can be. */
const longest = 99_999 * units.d;

/** Seconds of a duration as the schema's `duration` allows it (90, "90s", "1h30m"); undefined if it is none. */
export function durationSeconds(duration: string | number): number | undefined {
  if (typeof duration === 'number') return Number.isInteger(duration) ? bounded(duration) : undefined;
  const parts = /^(?:(\d{1,5})d)?(?:(\d{1,6})h)?(?:(\d{1,7})m)?(?:(\d{1,9})s)?$/.exec(duration);
  if (parts === null || duration === '') return undefined;
  const [, d = '0', h = '0', m = '0', s = '0'] = parts;
  const seconds = Number(d) * units.d + Number(h) * units.h + Number(m) * units.m + Number(s) * units.s;
  return bounded(seconds);
}

function bounded(seconds: number): number | undefined {
  return seconds >= 1 && seconds <= longest ? seconds : undefined;
}
