// The ways to end of a file that is sent; the others are those of scripts (run/ends.ts).
import type { End } from '../../schemas/generated/wire.ts';

export interface SendTimes {
  at: string;
  startedAt?: string;
}

/** It is in its place. */
export function placed(times: SendTimes): End {
  return { phase: 'Success', ...times, outputBytes: 0 };
}

/** It could not be written, or put in its place. */
export function notCreated(message: string, times: SendTimes): End {
  return failed('FileCreateFail', `The file cannot be written: ${message}`, times);
}

/** What came is not what was sent. */
export function wrongContent(message: string, times: SendTimes): End {
  return failed('FileContentInvalid', message, times);
}

function failed(errorCode: string, message: string, times: SendTimes): End {
  return { phase: 'Error', ...times, errorCode, message: message.slice(0, 1024), outputBytes: 0 };
}
