// What cannot be ordered ends here: tried again for ever, it would hold up everything behind it.
import type { Logger } from 'pino';
import type { End } from '../../schemas/generated/wire.ts';
import { transition } from '../run/transition.ts';
import type { Ledger } from '../store/ledger.ts';
import type { Change } from '../store/port.ts';
import type { Offered } from './choose.ts';

/** Ends as Error what the store has no run, no script or no file for, and logs it: the store has lost something. */
export async function endUnmade(
  ledger: Ledger,
  log: Logger,
  now: number,
  unmade: readonly Offered[],
): Promise<void> {
  const changes: Change[] = [];
  const end: End = {
    phase: 'Error',
    at: new Date(now).toISOString(),
    outputBytes: 0,
    message: 'The controller has lost the script or the file: it cannot be ordered.',
  };
  for (const { id, instance } of unmade) {
    log.error({ execution: id, instance }, 'an order cannot be made: its script or its file is lost');
    const execution = ledger.live(id);
    if (execution === undefined) continue;
    const state = transition(execution.state, { event: 'ended', end });
    if (state !== undefined) changes.push({ put: 'execution', key: id, value: { ...execution, state } });
  }
  await ledger.commit(changes);
}
