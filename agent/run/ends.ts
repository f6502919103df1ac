// The ways to end, each as the End that is reported.
import type { End } from '../../schemas/generated/wire.ts';
import type { Cause } from '../journal/record.ts';
import type { Refusal } from '../launch/launch.ts';

export interface Times {
  at: string;
  startedAt: string;
  outputBytes: number;
}

/** The process ended by itself: the code says how. */
export function exited(code: number, times: Times): End {
  if (code === 0) return { phase: 'Success', ...times, exitCode: 0 };
  return { phase: 'Failed', ...times, exitCode: code, errorCode: 'ExitCodeNonzero' };
}

/** The agent killed it. */
export function killed(cause: Cause, timeoutSeconds: number, times: Times): End {
  const message = `It ${whyKilled(cause, timeoutSeconds)}.`;
  switch (cause) {
    case 'stop':
      return { phase: 'Terminated', ...times };
    case 'timeout':
      return { phase: 'Timeout', ...times, errorCode: 'ExecutionTimeout', message };
    case 'output':
      return { phase: 'Error', ...times, errorCode: 'ExecutionException', message };
  }
}

/** The agent was to kill it and could not: it runs on. */
export function unkillable(cause: Cause, timeoutSeconds: number, pids: number[], times: Times): End {
  const left = pids.slice(0, 20).join(', ');
  const message = `It ${whyKilled(cause, timeoutSeconds)}, but cannot be killed and runs on (processes ${left}).`;
  return { phase: 'Error', ...times, errorCode: 'TerminationException', message };
}

function whyKilled(cause: Cause, timeoutSeconds: number): string {
  switch (cause) {
    case 'stop':
      return 'was stopped';
    case 'timeout':
      return `ran longer than its timeout of ${timeoutSeconds} s`;
    case 'output':
      return 'wrote more output than the instance has room for (1 GiB on its disk)';
  }
}

/** It started, or may have, and nobody can say how it ended. */
export function unknown(
  errorCode: 'InstanceRestarted' | 'ExecutionInterrupted',
  message: string,
  times: Times,
): End {
  return { phase: 'Unknown', ...times, errorCode, message };
}

/** It certainly did not start: the instance could not. */
export function notStarted(message: string, at: string): End {
  return {
    phase: 'Error',
    at,
    errorCode: 'ExecutionException',
    message: message.slice(0, 1024),
    outputBytes: 0,
  };
}

/** It certainly did not start: this instance cannot run what was ordered. */
export function invalid({ refused, message }: Refusal, at: string): End {
  return { phase: 'Invalid', at, errorCode: refused, message: message.slice(0, 1024), outputBytes: 0 };
}

/** It was only to be checked, and could have started. */
export function checkedOnly(at: string): End {
  return { phase: 'Success', at, message: 'Checked; nothing was run.', outputBytes: 0 };
}

/** It was stopped before it started, and never will. */
export function cancelled(at: string): End {
  return { phase: 'Cancelled', at, outputBytes: 0 };
}
