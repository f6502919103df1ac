import { mkdir } from 'node:fs/promises';
import { Level } from 'level';
import type { Store } from './port.ts';
import { type RowStoreOptions, rowStore } from './row-store.ts';
import { StoreRefused } from './store-errors.ts';

/**
 * Opens the store in this folder, on LevelDB; makes both if they are not there. Throws StoreRefused, with a hint,
 * if another process has it open, if it is not a store of ours or of a format that this version does not know.
 */
export async function openLevelStore(folder: string, options: RowStoreOptions): Promise<Store> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const level = new Level<string, string>(folder, { keyEncoding: 'utf8', valueEncoding: 'utf8' });
  try {
    await level.open();
  } catch (fault) {
    throw refusal(folder, fault);
  }
  try {
    return await rowStore(level, options);
  } catch (fault) {
    await level.close();
    throw fault;
  }
}

function refusal(folder: string, fault: unknown): StoreRefused {
  const cause = fault instanceof Error ? fault.cause : undefined;
  if (cause instanceof Error && 'code' in cause && cause.code === 'LEVEL_LOCKED') {
    return new StoreRefused(
      'Locked',
      `another controller uses the folder ${folder}`,
      'Stop the other controller, or start this one with another --data folder.',
      fault,
    );
  }
  return new StoreRefused(
    'Unreadable',
    `the store in ${folder} cannot be opened: ${cause instanceof Error ? cause.message : String(fault)}`,
    'Check the permissions of the folder. If it is damaged, move it away: the controller starts again from Git.',
    fault,
  );
}
