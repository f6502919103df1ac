import { expect, test } from 'vitest';
import { AgentFault } from '../fault.ts';
import { CallError } from './call-error.ts';
import { controllerUrl } from './controller-url.ts';
import { backOff, failureIn, failureOf, retryAfterMs, waitAfter } from './retry.ts';

const answer = (status: number, code: string, headers = {}) => ({
  status,
  headers,
  body: JSON.stringify({ code, message: 'm', hint: 'h' }),
});

test.each([
  [answer(401, 'SessionUnknown'), { next: 'reopen' }],
  [answer(401, 'Other'), { next: 'back off', message: 'HTTP 401 Other' }],
  [answer(403, 'InstanceRevoked'), { next: 'wait for a human', code: 'InstanceRevoked', message: 'm' }],
  [answer(403, 'InstanceUnknown'), { next: 'wait for a human', code: 'InstanceUnknown', message: 'm' }],
  [answer(429, 'Busy', { 'retry-after': '2' }), { next: 'wait', ms: 2000 }],
  [answer(503, 'Busy', { 'retry-after': '999999' }), { next: 'wait', ms: 3_600_000 }],
  [answer(503, 'Busy'), { next: 'back off', message: 'HTTP 503 Busy' }],
  [
    { status: 502, headers: {}, body: '<html>' },
    { next: 'back off', message: 'HTTP 502' },
  ],
])('an answer says what happens next: %j', (given, expected) => {
  expect(failureOf(given)).toEqual(expected);
});

test('waits grow from 0.2 s to 30 s at most and are spread at random', () => {
  for (let attempt = 0; attempt < 40; attempt += 1) {
    expect(backOff(attempt, () => 0)).toBe(200);
    expect(backOff(attempt, () => 1)).toBe(Math.min(30_000, 400 * 2 ** attempt));
  }
  expect(waitAfter({ next: 'reopen' }, 0, () => 1)).toBe(0);
  expect(waitAfter({ next: 'reopen' }, 3, () => 1)).toBe(3200);
  expect(waitAfter({ next: 'wait for a human', code: '', message: '' }, 0, () => 0)).toBe(120_000);
  expect(retryAfterMs('Wed, 21 Oct 2026 07:28:00 GMT')).toBeUndefined();
});

test('a fault of the line is a reason to back off', () => {
  expect(failureIn(new Error('reset'))).toEqual({ next: 'back off', message: 'reset' });
  expect(failureIn(new CallError({ next: 'reopen' }))).toEqual({ next: 'reopen' });
});

test.each(['http://localhost:1', 'http://127.0.0.1', 'http://[::1]:7480/x', 'https://example.org'])(
  '%s may be spoken to',
  (text) => expect(controllerUrl(text).href).toBeDefined(),
);

test.each([
  'http://example.org',
  'http://127.0.0.1.example.org',
  'ftp://localhost',
  'https://a:b@c',
  'nothing',
])('%s may not be spoken to', (text) => expect(() => controllerUrl(text)).toThrow(AgentFault));
