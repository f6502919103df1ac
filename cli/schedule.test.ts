import { expect, test } from 'vitest';
import { run } from './program.ts';

async function schedule(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const code = await run(['schedule', ...args], {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    env: {},
    now: () => Date.parse('2026-11-23T12:00:00Z'),
  });
  return { code, out, err };
}

test('the next ten ticks are printed', async () => {
  const { code, out, err } = await schedule('0 0 9 ? * MON');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out.split('\n').slice(0, 3)).toEqual(['TICK', '2026-11-30T09:00:00Z', '2026-12-07T09:00:00Z']);
  expect(out.trimEnd().split('\n')).toHaveLength(11);
});

test('ticks of a zone are shown as its clocks show them too', async () => {
  const { out } = await schedule('0 30 2 28-29 3 ? Europe/Berlin', '--from', '2027-01-01', '--count', '2');
  expect(out).toBe(
    [
      'TICK                  THERE',
      '2027-03-28T01:30:00Z  2027-03-28 03:30:00 +02:00',
      '2027-03-29T00:30:00Z  2027-03-29 02:30:00 +02:00\n',
    ].join('\n'),
  );
});

test.each([
  ['2026-11-30T00:00:00Z', ['2026-12-01T00:00:00Z', '2026-12-02T00:00:00Z']],
  ['2026-12-01T00:00:00Z', ['2026-12-02T00:00:00Z', '2026-12-03T00:00:00Z']],
  ['2026-12-01T00:59:59+01:00', ['2026-12-01T00:00:00Z', '2026-12-02T00:00:00Z']],
])('as JSON, after %s', async (from, items) => {
  const { code, out } = await schedule('0 0 0 * * ?', '--from', from, '--count', '2', '-o', 'json');
  expect({ code, printed: JSON.parse(out) }).toEqual({ code: 0, printed: { items } });
});

test('a rate begins at --from', async () => {
  const { out } = await schedule('rate(5m)', '--from', '2026-12-01T00:01:00Z', '--count', '1', '-o', 'json');
  expect(JSON.parse(out)).toEqual({ items: ['2026-12-01T00:06:00Z'] });
});

test('a schedule that ends has fewer ticks', async () => {
  const { out } = await schedule('at(2026-12-01 09:00:00 GMT+8:00)', '-o', 'json');
  expect(JSON.parse(out)).toEqual({ items: ['2026-12-01T01:00:00Z'] });
});

test('a problem is shown with the expression, a caret, and what to do', async () => {
  expect(await schedule('0 0 9 ? * MON Europe/Berlim', '-o', 'json')).toEqual({
    code: 1,
    out: '',
    err: `expression:1:15: error TimezoneInformationCorrupt there is no such time zone
    1 | 0 0 9 ? * MON Europe/Berlim
      |               ^^^^^^^^^^^^^
  found  "Europe/Berlim"
  legal  UTC, GMT±H:MM, a name such as Europe/Berlin, Local
  hint   Did you mean "Europe/Berlin"?

`,
  });
});

test('a warning is shown, and the ticks are too', async () => {
  const { code, out, err } = await schedule('0 0 12 13 * FRI', '--count', '1', '-o', 'json');
  expect({ code, items: JSON.parse(out) }).toEqual({ code: 0, items: { items: ['2026-11-27T12:00:00Z'] } });
  expect(err).toContain('expression:1:13: warning CronDayFieldsBoth');
});

test('Local is shown in the zone of this machine, and it is said', async () => {
  const here = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  const { code, out, err } = await schedule('0 0 9 * * ? Local', '--count', '1');
  expect(code).toBe(0);
  expect(out).toMatch(/ 09:00:00 [+-]\d\d:\d\d\n$/);
  expect(err).toContain(here);
});

test.each([
  [[]],
  [['0', '0', '9', '?', '*', 'MON']],
  [['rate(5m)', '--count', '0']],
  [['rate(5m)', '--count', 'many']],
  [['rate(5m)', '--from', 'tomorrow']],
  [['rate(5m)', '--from', '2026-12-01T00:00:00']],
  [['rate(5m)', '--from', '2026-13-01T00:00:00Z']],
  [['rate(5m)', '-o', 'xml']],
])('wrong usage ends with 64: %j', async (args) => {
  const { code, out, err } = await schedule(...args);
  expect({ code, out }).toEqual({ code: 64, out: '' });
  expect(err).toContain('error: ');
});
