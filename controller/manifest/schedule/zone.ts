import { nearest } from '../../../schemas/nearest.ts';
import type { ProblemCode } from '../../../schemas/problem-codes.ts';
import { type Fault, type Part, slice } from './part.ts';
import type { KnownZone, Zone } from './schedule.ts';

export const utc: KnownZone = { is: 'offset', minutes: 0 };

/** `UTC`, `GMT`, `GMT±H:MM`, an IANA name with a slash, or `Local`. */
export function readZone(part: Part): Zone | Fault {
  const { text } = part;
  if (text === 'UTC' || text === 'GMT') return utc;
  if (text === 'Local') return { is: 'local' };
  if (text.includes('/')) return isZone(text) ? { is: 'iana', name: text } : unknown(part);
  return /[+-]/.test(text) ? readOffset(part) : unknown(part);
}

/** From GMT-12:59 to GMT+14:59, the hour without a leading zero. */
function readOffset(part: Part): Zone | Fault {
  const [, sign, hour = '', minute = ''] = /^GMT([+-])(\d+):(\d+)$/.exec(part.text) ?? [];
  if (sign === undefined)
    return wrong(
      'InvalidGMTOffsetForTimezone',
      part,
      'this is no offset from GMT',
      'GMT±H:MM',
      meant(part.text),
    );
  const most = sign === '-' ? 12 : 14;
  if (!/^(?:0|[1-9]\d?)$/.test(hour) || Number(hour) > most) {
    const legal = `0 to ${most} after ${sign}, without a leading zero`;
    const place = slice(part, 4, 4 + hour.length);
    return wrong('InvalidGMTOffsetHourForTimezone', place, 'the hour of the offset is wrong', legal);
  }
  if (!/^[0-5]\d$/.test(minute)) {
    const place = slice(part, 5 + hour.length);
    return wrong('InvalidGMTOffsetMinuteForTimezone', place, 'the minute of the offset is wrong', '00 to 59');
  }
  const minutes = Number(hour) * 60 + Number(minute);
  return { is: 'offset', minutes: sign === '-' ? -minutes : minutes };
}

/** The offset that was probably meant: `UTC+8`, `+08:00`, `gmt-7`. */
function meant(text: string): string | undefined {
  const [, sign, hour = '', minute = '00'] = /^(?:GMT|UTC)?([+-])0?(\d{1,2})(?::?(\d\d))?$/i.exec(text) ?? [];
  return sign === undefined ? undefined : `Did you mean "GMT${sign}${Number(hour)}:${minute}"?`;
}

function unknown(part: Part): Fault {
  const names = ['UTC', 'GMT', 'Local', ...Intl.supportedValuesOf('timeZone')];
  const name = nearest(part.text, names);
  const hint = name === undefined ? undefined : `Did you mean "${name}"?`;
  const legal = 'UTC, GMT±H:MM, a name such as Europe/Berlin, Local';
  return wrong('TimezoneInformationCorrupt', part, 'there is no such time zone', legal, hint);
}

/** Whether this is a name of the IANA database, as this machine has it. */
export function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) instanceof Intl.DateTimeFormat;
  } catch {
    return false;
  }
}

function wrong(code: ProblemCode, part: Part, what: string, legal: string, hint?: string): Fault {
  return { code, part, finding: { what, found: JSON.stringify(part.text.slice(0, 60)), legal }, hint };
}
