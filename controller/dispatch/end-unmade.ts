// What cannot be ordered ends here: tried again for ever, it would hold up everything behind it.
import type { Logger } from 'pino';
import type { End } from '../../schemas/generated/wire.ts';
import { transition } from '../run/transition.ts';
import type { Ledger } from '../store/ledger.ts';
import type { Change } from '../store/port.ts';
import type { Unmade } from './orders.ts';

const ends = {
  /** The store has no run, no script or no file for it. */
  lost: {
    phase: 'Error',
    message: 'The controller has lost the script or the file: it cannot be ordered.',
  },
  'agent too old': {
    phase: 'Aborted',
    errorCode: 'ClientNeedUpgrade',
    message: 'The agent is older than what this asks for; it would do something else. Start a newer one.',
  },
} as const satisfies Record<Unmade['because'], Omit<End, 'at' | 'outputBytes'>>;

/** Ends each as its reason says, and logs it. */
export async function endUnmade(
  ledger: Ledger,
  log: Logger,
  now: number,
  unmade: readonly Unmade[],
): Promise<void> {
  const changes: Change[] = [];
  const at = new Date(now).toISOString();
  for (const { because, execution } of unmade) {
    const { id, instance } = execution;
    log.error({ execution: id, instance, because }, 'an order cannot be made');
    const live = ledger.live(id);
    const end: End = { ...ends[because], at, outputBytes: 0 };
    const state = live && transition(live.state, { event: 'ended', end });
    if (live !== undefined && state !== undefined)
      changes.push({ put: 'execution', key: id, value: { ...live, state } });
  }
  await ledger.commit(changes);
}
