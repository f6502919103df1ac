import type { Refusal } from '../../schemas/generated/wire.ts';

/** Why a call brought no answer, by what has to happen next. */
export type Failure =
  /** The controller does not know the session: open another at once. */
  | { next: 'reopen' }
  /** The controller does not want this instance: a human has to act, so ask again in minutes. */
  | { next: 'wait for a human'; code: string; message: string }
  /** What was asked for is gone, and will not come back. */
  | { next: 'give up'; message: string }
  /** The controller said when. */
  | { next: 'wait'; ms: number }
  /** Anything else: try again, ever more slowly. */
  | { next: 'back off'; message: string };

export class CallError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super('message' in failure ? failure.message : failure.next);
    this.failure = failure;
  }
}

/** The body of an answer that is not 2xx; undefined if it is none of ours (a proxy's page). */
export function readRefusal(body: string): Refusal | undefined {
  try {
    const value: Refusal = JSON.parse(body);
    return typeof value.code === 'string' && typeof value.message === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
