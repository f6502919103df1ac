// The agent's contact with its controller: one session for both lanes, opened when one of them needs it, opened
// again when the controller no longer knows it. A session that begins with a handover is given to the lanes only
// after the whole journal was taken.
import type { Halt } from '../halt.ts';
import type { Log } from '../log.ts';
import { sleep } from '../wait.ts';
import { failureIn, waitAfter } from './retry.ts';
import type { Session } from './session.ts';

export interface Contact {
  /** Calls until it works. Undefined only if the signal was aborted. */
  persist<T>(attempt: (session: Session) => Promise<T>, signal: Halt): Promise<T | undefined>;
}

export interface ContactNeeds {
  open: (signal: Halt) => Promise<Session>;
  log: Log;
  random: () => number;
  /** Aborted when the agent stops. */
  stopped: Halt;
}

export function makeContact({ open, log, random, stopped }: ContactNeeds): Contact {
  let current: Promise<Session> | undefined;
  let announced = false;

  function opened(): Promise<Session> {
    const session = open(stopped);
    session.catch(() => forget(session));
    return session;
  }

  function forget(session: Promise<Session>): void {
    if (current === session) current = undefined;
  }

  return {
    async persist(attempt, signal) {
      let [failed, reopened] = [0, 0];
      while (!signal.asked && !stopped.asked) {
        const session = (current ??= opened());
        try {
          const result = await attempt(await session);
          if (announced) log.info('The controller answers again');
          announced = false;
          return result;
        } catch (error) {
          if (signal.asked || stopped.asked) return undefined;
          const failure = failureIn(error);
          if (failure.next === 'reopen') forget(session);
          // A controller that is back forgets the session: what failed while it was away does not count again.
          const wait = waitAfter(failure, failure.next === 'reopen' ? reopened++ : failed++, random);
          if (failure.next === 'wait for a human')
            log.error('The controller does not want this instance', {
              code: failure.code,
              error: failure.message,
              againInSeconds: Math.round(wait / 1000),
            });
          else if (failure.next !== 'reopen' && !announced) {
            announced = true;
            log.warn('The controller does not answer', {
              error: 'message' in failure ? failure.message : failure.next,
            });
          }
          await sleep(wait, signal);
        }
      }
      return undefined;
    },
  };
}
