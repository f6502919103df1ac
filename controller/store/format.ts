// Which layout the rows have, and how an older one becomes the present one.
//
// A migration and the new version number are one synced batch: a crash leaves the old format or the new one.
import { ownKeys } from './keys.ts';
import type { Migration } from './migration.ts';
import type { RowChange, Rows } from './rows.ts';
import { StoreRefused } from './store-errors.ts';
import { toFormat2 } from './to-format-2.ts';

/** Every step there ever was; the last one leads to the present format. */
export const migrations: readonly Migration[] = [toFormat2];

/** The format that a store has if no migration has led to another one. */
const firstFormat = 1;

/**
 * Brings the rows to the present format: a new store gets it, an older one is migrated. Returns the epoch.
 * Throws StoreRefused, and changes nothing, if it is none of ours or of a format that this version does not know.
 */
export async function bringToPresentFormat(
  rows: Rows,
  newEpoch: () => string,
  steps: readonly Migration[] = migrations,
): Promise<string> {
  const present = steps.at(-1)?.to ?? firstFormat;
  let format = (await isEmpty(rows)) ? await makeNew(rows, present, newEpoch()) : await readFormat(rows);
  while (format !== present) {
    const step = steps.find(({ from }) => from === format);
    if (step === undefined) throw otherFormat(format, present);
    await rows.batch([...(await step.run(rows)), putFormat(step.to)], { sync: true });
    format = step.to;
  }
  const epoch = await rows.get(ownKeys.epoch);
  if (epoch === undefined) throw notAStore();
  return epoch;
}

async function isEmpty(rows: Rows): Promise<boolean> {
  for await (const _ of rows.iterator({ limit: 1 })) return false;
  return true;
}

async function makeNew(rows: Rows, format: number, epoch: string): Promise<number> {
  await rows.batch([putFormat(format), { type: 'put', key: ownKeys.epoch, value: epoch }], { sync: true });
  return format;
}

async function readFormat(rows: Rows): Promise<number> {
  const format = await rows.get(ownKeys.format);
  if (format === undefined || !/^\d{1,9}$/.test(format)) throw notAStore();
  return Number(format);
}

function putFormat(format: number): RowChange {
  return { type: 'put', key: ownKeys.format, value: String(format) };
}

function otherFormat(found: number, present: number): StoreRefused {
  const message = `the store has format ${found}, this version knows formats up to ${present}`;
  const hint =
    found > present
      ? 'Start the newer version of groundcrew that wrote it.'
      : 'Start an older version of groundcrew once, which brings it to a format that this version knows.';
  return new StoreRefused('OtherFormat', message, hint);
}

function notAStore(): StoreRefused {
  return new StoreRefused(
    'NotAStore',
    'the folder holds a database that is not a groundcrew store',
    'Give the controller a data folder of its own.',
  );
}
