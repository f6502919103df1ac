// When to ask again. Every wait is drawn at random (full jitter), so that a fleet does not come back as one.

import { CallError, type Failure, readRefusal } from './call-error.ts';
import type { Answer } from './post.ts';

/** Milliseconds before attempt + 1: anything between 0.2 s and a bound that doubles, 30 s at most. */
export function backOff(attempt: number, random: () => number): number {
  const bound = Math.min(30_000, 400 * 2 ** Math.min(attempt, 10));
  return 200 + random() * (bound - 200);
}

/** How long to wait after this failure of attempt number so much. */
export function waitAfter(failure: Failure, attempt: number, random: () => number): number {
  switch (failure.next) {
    case 'reopen':
      // At once the first time; a controller that forgets every session at once is not asked in a tight loop.
      return attempt === 0 ? 0 : backOff(attempt, random);
    case 'wait for a human':
      return (2 + 3 * random()) * 60_000;
    case 'wait':
      return failure.ms * (1 + 0.2 * random());
    case 'give up':
    case 'back off':
      return backOff(attempt, random);
  }
}

/** What an answer that is not 2xx asks for. */
export function failureOf(answer: Answer): Failure {
  const refusal = readRefusal(answer.body);
  if (answer.status === 401 && refusal?.code === 'SessionUnknown') return { next: 'reopen' };
  if (answer.status === 403 && (refusal?.code === 'InstanceRevoked' || refusal?.code === 'InstanceUnknown'))
    return { next: 'wait for a human', code: refusal.code, message: refusal.message };
  if (answer.status === 410) return { next: 'give up', message: refusal?.code ?? 'HTTP 410' };
  if (answer.status === 429 || answer.status === 503) {
    const ms = retryAfterMs(answer.headers['retry-after']);
    if (ms !== undefined) return { next: 'wait', ms };
  }
  return { next: 'back off', message: `HTTP ${answer.status} ${refusal?.code ?? ''}`.trim() };
}

/** Retry-After in seconds, an hour at most. Dates are not understood: this machine's clock may be wrong. */
export function retryAfterMs(header: string | undefined): number | undefined {
  const seconds = Number(header);
  return header !== undefined && seconds >= 0 ? Math.min(seconds, 3600) * 1000 : undefined;
}

/** The failure in whatever was thrown. */
export function failureIn(error: unknown): Failure {
  if (error instanceof CallError) return error.failure;
  return { next: 'back off', message: error instanceof Error ? error.message : String(error) };
}
