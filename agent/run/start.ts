// Starts an execution: checked → intended ● → wrapper. Between the last two lies the only moment that a crash can
// leave in doubt, and the claim in the task folder settles it (recover.ts).
import type { End, RunOrder } from '../../schemas/generated/wire.ts';
import { messageOf } from '../fault.ts';
import type { Account } from '../host/account.ts';
import { processStatus } from '../host/process-table.ts';
import type { Journal } from '../journal/journal.ts';
import { limitsOf } from '../journal/memory.ts';
import type { Platform, Refusal } from '../launch/launch.ts';
import { scriptName } from '../launch/plan.ts';
import type { Becoming } from './become.ts';
import { type Checked, check } from './check.ts';
import { checkedOnly, invalid, notStarted, unknown } from './ends.ts';
import type { Running } from './supervise.ts';
import { makeTaskFolder, type TaskFolder, taskFolder } from './task-folder.ts';
import { startWrapper } from './wrapper.ts';

/** Of the machine, as scripts see it. */
export interface Surroundings {
  path: string;
  /** Whom the agent runs as. */
  account: Account;
  platform: Platform;
}

export interface StartNeeds {
  tasks: string;
  journal: Journal;
  surroundings: Surroundings;
  bootId: string;
  at: () => string;
}

export type StartResult = { running: Running } | { end: End };

/** The process that now runs, or the end of what cannot run here, or was only to be checked. */
export async function start(order: RunOrder, attempt: number, needs: StartNeeds): Promise<StartResult> {
  const { tasks, journal, bootId, at } = needs;
  const { execution, script } = order;
  if (order.blob !== undefined && script === '')
    return { end: notStarted('The script is too large for an order, and this agent cannot fetch it.', at()) };
  // An ordinary start waits for nothing here: its intent is synced together with the order.
  const ready: Ready | Refusal =
    order.username === undefined
      ? check(order, script, needs.surroundings.account, needs.surroundings)
      : await checkAs(order.username, order, script, needs);
  if ('refused' in ready) return { end: invalid(ready, at()) };
  if (order.dryRun === true) return { end: checkedOnly(at()) };

  const intended = journal.write({ is: 'intended', execution, attempt, bootId, at: at() });
  const folder = taskFolder(tasks, execution, attempt, scriptName(order));
  try {
    // While the intent is being synced; the folder is there before the intent can be read back.
    if (!makeTaskFolder(folder, ready.content)) {
      await intended;
      return { end: startedBefore(at()) };
    }
    ready.prepare?.(folder);
  } catch (error) {
    await intended;
    return { end: notStarted(`The task folder cannot be made: ${messageOf(error)}`, at()) };
  }
  await intended;
  return launch(order, ready, folder, needs);
}

interface Ready extends Checked {
  /** What comes before the command line, to run it as somebody else. */
  before?: string[];
  prepare?: (folder: TaskFolder) => void;
}

async function checkAs(
  username: string,
  order: RunOrder,
  script: string,
  { tasks, surroundings }: StartNeeds,
): Promise<Ready | Refusal> {
  const { path, account: own, platform } = surroundings;
  if (platform.os === 'windows') return (await import('../windows/user.ts')).refuseUser(username);
  const { become, refuseUnreachable, giveScript } = await import('./become.ts');
  const becoming: Becoming | Refusal = await become(username, own, path);
  if ('refused' in becoming) return becoming;
  const { account, before } = becoming;
  const checked = check(order, script, account, surroundings);
  if ('refused' in checked) return checked;
  const refused = await refuseUnreachable(becoming, checked, order, { tasks, path });
  if (refused !== undefined) return refused;
  if (before.length === 0) return checked;
  return { ...checked, before, prepare: (folder) => giveScript(folder, account) };
}

async function launch(
  order: RunOrder,
  { before = [], program, args, directory, environment }: Ready,
  folder: TaskFolder,
  { journal, bootId, at }: StartNeeds,
): Promise<StartResult> {
  const { execution, offer } = order;
  try {
    const argv = [...before, program, ...args(folder.script)];
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
