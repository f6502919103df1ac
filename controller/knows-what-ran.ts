import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { serveWaiting, type Waiting } from './http/waiting.ts';
import { adoptBranch } from './reconcile/adopt-branch.ts';
import type { Settings } from './settings.ts';
import { readBranch } from './status/read-branch.ts';
import { type StatusRepositoryOptions, statusRepository } from './status/status-repository.ts';
import type { Ledger } from './store/ledger.ts';

/** Whether the controller may begin: what has run is known. While it waits for that, it says that it lives. `now` says ISO times. */
export async function knowsWhatRan(
  ledger: Ledger,
  { listen, tls }: Settings,
  statusBranch: StatusRepositoryOptions,
  log: Logger,
  now: () => string,
): Promise<boolean> {
  const stop = statusBranch.signal;
  let waiting: Waiting | undefined;
  const adopted = await adoptBranch({
    ledger,
    read: () => readBranch(statusRepository(statusBranch)),
    async onUnreadable({ reason, message, hint }) {
      log.error(
        { reason, detail: message, hint },
        'The store is new and the status branch cannot be read: nothing runs until it can',
      );
      waiting ??= await serveWaiting(listen, tls);
    },
    wait: (seconds) => sleep(seconds * 1000, undefined, { signal: stop }).catch(() => undefined),
    isStopping: () => stop.aborted,
    now,
  });
  await waiting?.close();
  if (adopted !== 'stopped' && adopted > 0)
    log.warn({ documents: adopted }, 'The store is new: took over what the status branch says');
  return adopted !== 'stopped';
}
