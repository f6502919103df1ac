import type { Blob, End, RunOrder } from '../../schemas/generated/wire.ts';
import { messageOf } from '../fault.ts';
import { blobPath, type FetchNeeds, fetchBlob } from '../fetch/fetch-blob.ts';
import type { Halting } from '../halt.ts';
import { notStarted } from './ends.ts';
import { timeLimit } from './time-limit.ts';

/**
 * Fetches a script that is too large for its order; the time for it is bounded by the script's own. Undefined if it
 * was halted: whoever did that says how it ends.
 */
export async function fetchScript(
  { execution, timeoutSeconds }: RunOrder,
  blob: Blob,
  halt: Halting,
  needs: FetchNeeds & { tasks: string; at: () => string },
): Promise<'there' | { end: End } | undefined> {
  let late = false;
  const giveUp = () => {
    late = !halt.asked;
    halt.ask();
  };
  void timeLimit(timeoutSeconds * 1000, halt).then(giveUp);
  try {
    const fetched = await fetchBlob(blob, blobPath(needs.tasks, execution), needs, halt);
    if (late) return { end: tooLate(timeoutSeconds, needs.at()) };
    if (fetched.is === 'failed') return { end: notStarted(fetched.message, needs.at()) };
    return fetched.is === 'whole' && !halt.asked ? 'there' : undefined;
  } catch (error) {
    return { end: notStarted(`The script cannot be fetched: ${messageOf(error)}`, needs.at()) };
  }
}

function tooLate(timeoutSeconds: number, at: string): End {
  const message = `The script could not be fetched within its timeout of ${timeoutSeconds} s; it never started.`;
  return { phase: 'Timeout', at, errorCode: 'ExecutionTimeout', message, outputBytes: 0 };
}
