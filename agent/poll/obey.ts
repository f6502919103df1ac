// What an order does. Orders may come twice, late, and in any order: what is known already is answered again.
import type { End, Order, StopOrder } from '../../schemas/generated/wire.ts';
import type { Journal } from '../journal/journal.ts';
import type { Task } from '../journal/record.ts';
import type { Log } from '../log.ts';
import type { Outbox } from '../report/outbox.ts';
import type { Crew } from '../run/crew.ts';
import { cancelled, unknown } from '../run/ends.ts';

export interface ObeyNeeds {
  journal: Journal;
  crew: Crew;
  outbox: Outbox;
  log: Log;
  at: () => string;
  finish: (execution: string, offer: number, end: End) => Promise<void>;
}

/** Resolves when the order is as safe as it has to be; true if it was news. */
export async function obey(order: Order, needs: ObeyNeeds): Promise<boolean> {
  // It becomes the name of a folder.
  if (!/^r-[0-9a-f]{24}\.[A-Za-z0-9_-]{1,64}\.mi-[0-9a-f]{20}$/.test(order.execution)) {
    needs.log.error('An order has no right execution id', {
      execution: order.execution,
    });
    return false;
  }
  switch (order.do) {
    case 'run':
    case 'send':
      return take(order, needs);
    case 'stop':
      return stop(order, needs);
    default:
      needs.log.error('An order is not understood', { order: JSON.stringify(order).slice(0, 200) });
      return false;
  }
}

async function take(order: Task, needs: ObeyNeeds): Promise<boolean> {
  const { journal, crew, outbox } = needs;
  const { execution, offer } = order;
  if (repeated(execution, needs)) return false;
  if (offer < journal.memory.heading.forgottenBefore) return forgotten(execution, offer, needs);
  const received = journal.write({ is: 'received', order });
  // The intent, if there is room, is written and synced together with it.
  crew.add(order);
  await received;
  outbox.received(execution, offer);
  return true;
}

async function stop(order: StopOrder, needs: ObeyNeeds): Promise<boolean> {
  const { journal, crew, at, finish } = needs;
  const { execution, offer, ifStarted } = order;
  if (crew.has(execution)) {
    if (crew.cancel(execution)) await finish(execution, offer, cancelled(at()));
    else return ifStarted === 'kill' && crew.kill(execution);
    return true;
  }
  if (repeated(execution, needs)) return false;
  if (offer < journal.memory.heading.forgottenBefore) return forgotten(execution, offer, needs);
  // Never seen: the tombstone keeps it from ever starting, should its order still come.
  await finish(execution, offer, cancelled(at()));
  return true;
}

/** Whether it is known already; then what answers the order is said again. */
function repeated(execution: string, { journal, crew, outbox }: ObeyNeeds): boolean {
  const entry = journal.memory.entries.get(execution);
  if (entry?.is === 'ended') {
    // What has not been reported is waiting to be, or on its way.
    if (entry.reported) outbox.ended(execution, entry.offer, entry.end);
    return true;
  }
  if (entry !== undefined) outbox.received(execution, entry.offer);
  return entry !== undefined || crew.has(execution);
}

/** Its offer is among those that the controller said were over: it may have run, and is never run again. */
async function forgotten(execution: string, offer: number, { at, finish }: ObeyNeeds): Promise<boolean> {
  const message = 'The agent has forgotten the offers of that time: it may have run.';
  const times = { at: at(), startedAt: at(), outputBytes: 0 };
  await finish(execution, offer, unknown('ExecutionInterrupted', message, times));
  return true;
}
