import type { StatusDocument } from '../../schemas/generated/status.ts';
import type { Ledger } from '../store/ledger.ts';
import { adopt } from './adopt.ts';

export interface Adoption {
  ledger: Ledger;
  /** Every document of the status branch, or why they cannot be read now. */
  read(): Promise<{ is: 'documents'; documents: readonly StatusDocument[] } | Unreadable>;
  onUnreadable(fault: Unreadable): Promise<void>;
  /** Resolves after so many seconds, or when the controller is to stop. */
  wait(seconds: number): Promise<void>;
  isStopping(): boolean;
  /** ISO time. */
  now(): string;
}

export interface Unreadable {
  is: 'fault';
  reason: string;
  message: string;
  hint: string;
}

/**
 * A store that knows nothing learns from the status branch what must not run again; it waits until that can be
 * read. How many documents it took over (0 if it knew before), or `stopped`: then nothing may begin, for what has
 * run is not known.
 */
export async function adoptBranch(adoption: Adoption): Promise<number | 'stopped'> {
  const { isStopping, ledger, now, onUnreadable, read, wait } = adoption;
  if ((await ledger.store.get('meta', 'adopted')) !== undefined) return 0;
  for (let seconds = 1; !isStopping(); seconds = Math.min(60, seconds * 2)) {
    const content = await read();
    if (content.is === 'documents') {
      const at = now();
      await ledger.commit([...adopt(content.documents, at), { put: 'meta', key: 'adopted', value: at }]);
      return content.documents.length;
    }
    if (isStopping()) break;
    await onUnreadable(content);
    await wait(seconds);
  }
  return 'stopped';
}
