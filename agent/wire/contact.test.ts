import { expect, test, vi } from 'vitest';
import { makeHalt } from '../halt.ts';
import { CallError, type Failure } from './call-error.ts';
import { makeContact } from './contact.ts';
import type { Session } from './session.ts';

const log = { info: () => {}, warn: () => {}, error: () => {} };
const away: Failure = { next: 'back off', message: 'ECONNREFUSED' };
const forgotten: Failure = { next: 'reopen' };

const session: Session = {
  id: 's',
  key: Buffer.alloc(32),
  epoch: 'e',
  handover: false,
  pollSeconds: 30,
  limits: {},
  sequences: new Map(),
};

/** How often it drew a pause, and how many sessions it opened, until a call worked after these failures. */
async function persisted(...failures: Failure[]): Promise<{ pauses: number; opened: number }> {
  const random = vi.fn<() => number>(() => 0);
  const open = vi.fn<() => Promise<Session>>(async () => session);
  const halt = makeHalt();
  const contact = makeContact({ open, log, random, stopped: halt });
  const answer = await contact.persist(async () => {
    const failure = failures.shift();
    if (failure !== undefined) throw new CallError(failure);
    return 'done';
  }, halt);
  expect(answer).toBe('done');
  return { pauses: random.mock.calls.length, opened: open.mock.calls.length };
}

test('a controller that is back after a while and knows no session is asked for one at once', async () => {
  expect(await persisted(away, away, forgotten)).toEqual({ pauses: 2, opened: 2 });
});

test('a controller that forgets each session is not asked in a tight loop', async () => {
  expect(await persisted(forgotten, forgotten, forgotten)).toEqual({ pauses: 2, opened: 4 });
});
