// Starts an execution: intended ● → wrapper. Between the two lies the only moment that a crash can leave in doubt,
// and the claim in the task folder settles it (recover.ts).
import type { End, RunOrder } from '../../schemas/generated/wire.ts';
import { messageOf } from '../fault.ts';
import { processStatus } from '../host/process-table.ts';
import type { Journal } from '../journal/journal.ts';
import { notApplicable, notStarted, unknown } from './ends.ts';
import { interpreterOf } from './interpreter.ts';
import type { Running } from './supervise.ts';
import { makeTaskFolder, taskFolder } from './task-folder.ts';
import { type Surroundings, startWrapper } from './wrapper.ts';

export interface StartNeeds {
  tasks: string;
  journal: Journal;
  surroundings: Surroundings;
  bootId: string;
  at: () => string;
}

export type StartResult = { running: Running } | { end: End };

/** The process that now runs, or the end of what cannot run here. */
export async function start(order: RunOrder, attempt: number, needs: StartNeeds): Promise<StartResult> {
  const { tasks, journal, surroundings, bootId, at } = needs;
  const { execution, offer, script, timeoutSeconds } = order;
  const interpreter = interpreterOf(order.type, script, surroundings.path);
  if ('missing' in interpreter) return { end: notApplicable(interpreter.missing, at()) };

  const intended = journal.write({ is: 'intended', execution, attempt, bootId, at: at() });
  const folder = taskFolder(tasks, execution, attempt);
  try {
    // While the intent is being synced; the folder is there before the intent can be read back.
    if (!makeTaskFolder(folder, script)) {
      await intended;
      return { end: startedBefore(at()) };
    }
  } catch (error) {
    await intended;
    return { end: notStarted(`The task folder cannot be made: ${messageOf(error)}`, at()) };
  }
  await intended;

  try {
    const environment = {
      ...order.environment,
      GROUNDCREW_INVOCATION: order.invocation,
      GROUNDCREW_EXECUTION: execution,
    };
    const { pid, ended } = await startWrapper(folder, interpreter.argv, environment, surroundings);
    const startedAt = at();
    const startTicks = processStatus(pid)?.startTicks ?? 0;
    await journal.write({ is: 'started', execution, pid, startTicks, at: startedAt });
    const restMs = timeoutSeconds * 1000;
    return { running: { execution, offer, folder, pid, startedAt, timeoutSeconds, restMs, ended } };
  } catch (error) {
    return { end: notStarted(`The process cannot be made: ${messageOf(error)}`, at()) };
  }
}

function startedBefore(at: string): End {
  const message = 'Its task folder shows an earlier start that the journal does not know.';
  return unknown('ExecutionInterrupted', message, { at, startedAt: at, outputBytes: 0 });
}
