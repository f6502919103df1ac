// Starts an execution: checked → intended ● → wrapper. Between the last two lies the only moment that a crash can
// leave in doubt, and the claim in the task folder settles it (recover.ts).
import type { End, RunOrder } from '../../schemas/generated/wire.ts';
import { messageOf } from '../fault.ts';
import { blobPath } from '../fetch/fetch-blob.ts';
import { readSomeBytes } from '../host/hostile-file.ts';
import { processStatus } from '../host/process-table.ts';
import type { Journal } from '../journal/journal.ts';
import { limitsOf } from '../journal/memory.ts';
import type { Refusal } from '../launch/launch.ts';
import { scriptName } from '../launch/plan.ts';
import { type Checked, check, type Surroundings } from './check.ts';
import { cancelled, checkedOnly, invalid, notStarted, unknown } from './ends.ts';
import type { Running } from './supervise.ts';
import { makeTaskFolder, type TaskFolder, taskFolder } from './task-folder.ts';
import { startWrapper } from './wrapper.ts';

export interface StartNeeds {
  tasks: string;
  journal: Journal;
  surroundings: Surroundings;
  bootId: string;
  at: () => string;
}

export type StartResult = { running: Running } | { end: End };

/** The process that now runs, or the end of what cannot run here, or was only to be checked. */
export async function start(
  order: RunOrder,
  attempt: number,
  needs: StartNeeds,
  /** Whether a stop has come meanwhile. */
  withdrawn: () => boolean,
): Promise<StartResult> {
  const { tasks, journal, surroundings, bootId, at } = needs;
  const { execution } = order;
  // What is in a large script beyond its first line decides nothing.
  const large = order.blob === undefined ? undefined : blobPath(tasks, execution);
  const script = large === undefined ? order.script : readSomeBytes(large, 0, 1024).toString('latin1');
  let ready: Checked | Refusal;
  try {
    // An ordinary start waits for nothing here: its intent is synced together with the order.
    ready =
      order.username === undefined
        ? check(order, script, surroundings.account, surroundings)
        : await (await import('./become.ts')).checkAs(order.username, order, script, needs);
  } catch (error) {
    return { end: notStarted(`It cannot be made ready: ${messageOf(error)}`, at()) };
  }
  if ('refused' in ready) return { end: invalid(ready, at()) };
  if (withdrawn()) return { end: cancelled(at()) };
  if (order.dryRun === true) return { end: checkedOnly(at()) };

  const intended = journal.write({ is: 'intended', execution, attempt, bootId, at: at() });
  const folder = taskFolder(tasks, execution, attempt, scriptName(order));
  try {
    // While the intent is being synced; the folder is there before the intent can be read back.
    if (!makeTaskFolder(folder, large === undefined ? ready.content : { move: large })) {
      await intended;
      return { end: startedBefore(at()) };
    }
    ready.as?.give(folder);
  } catch (error) {
    await intended;
    return { end: notStarted(`The task folder cannot be made: ${messageOf(error)}`, at()) };
  }
  await intended;
  return launch(order, ready, folder, needs);
}

async function launch(
  order: RunOrder,
  { as, program, args, directory, environment }: Checked,
  folder: TaskFolder,
  { journal, bootId, at }: StartNeeds,
): Promise<StartResult> {
  const { execution, offer } = order;
  try {
    const argv = [...(as?.before ?? []), program, ...args(folder.script)];
    const { pid, ended } = await startWrapper(folder, argv, environment, directory);
    const startedAt = at();
    const startTicks = processStatus(pid)?.startTicks ?? 0;
    await journal.write({ is: 'started', execution, pid, startTicks, at: startedAt });
    const limits = limitsOf(order);
    const restMs = limits.timeoutSeconds * 1000;
    return { running: { execution, offer, folder, pid, bootId, startedAt, limits, restMs, ended } };
  } catch (error) {
    return { end: notStarted(`The process cannot be made: ${messageOf(error)}`, at()) };
  }
}

function startedBefore(at: string): End {
  const message = 'Its task folder shows an earlier start that the journal does not know.';
  return unknown('ExecutionInterrupted', message, { at, startedAt: at, outputBytes: 0 });
}
