import { expect, test } from 'vitest';
import { countAttempts } from './attempts.ts';

function mustWait(failed: (n: number) => string, address: string): boolean {
  const attempts = countAttempts(() => 0);
  for (let n = 1; n <= 5; n += 1) attempts.failed(failed(n));
  return attempts.waitSeconds(address) > 0;
}

test.each([
  ['2001:db8::1', '2001:db8:0:0:ffff::9'],
  ['2001:db8::', '2001:0db8:0000:0000:0000:0000:0000:0001'],
  ['2001:db8:1:2::1', '2001:db8:1:2:3:4:5:6'],
  ['::1', '0:0:0:0::2'],
  ['fe80::1%eth0', 'fe80::2%eth0'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
])('%s and %s are one network', (one, other) => {
  expect(mustWait(() => one, other)).toBe(true);
  expect(mustWait(() => other, one)).toBe(true);
});

test.each([
  ['2001:db8::1', '2001:db8:0:1::1'],
  ['2001:db8:1::1', '2001:db8::1'],
  ['::1', '1::'],
  ['192.0.2.1', '192.0.2.2'],
])('%s and %s are two', (one, other) => {
  expect(mustWait(() => one, other)).toBe(false);
});

test('a host that changes its address within its /64 has to wait all the same', () => {
  expect(mustWait((n) => `2001:db8::${n}`, '2001:db8::6')).toBe(true);
});
