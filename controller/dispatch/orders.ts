// Orders as they go over the wire.
import type { Order, RunOrder, StopOrder } from '../../schemas/generated/wire.ts';
import type { Run } from '../run/run.ts';
import type { Ledger } from '../store/ledger.ts';
import type { Change, Instance } from '../store/port.ts';
import type { Choice, Offered, Stopping } from './choose.ts';
import type { Scripts } from './scripts.ts';

/** The script with its parameters in place, and what is exported to it. Declared here, given by main.ts. */
export type Render = (
  script: string,
  run: Run,
  instance: Instance,
) => { script: string; environment: Record<string, string> };

/** What was decided for one poll, with the changes that must be on disk before it is said. */
export interface Offer {
  instance: Instance;
  stops: readonly Stopping[];
  runs: readonly Offered[];
  changes: readonly Change[];
}

/** Gives what is fresh its offer numbers. */
export function offer(instance: Instance, { stops, again, fresh }: Choice): Offer {
  if (fresh.length === 0) return { instance, stops, runs: again, changes: [] };
  let { offers } = instance;
  const offered = fresh.map((execution): Offered => {
    offers += 1;
    return { ...execution, state: { is: 'offered', offer: offers } };
  });
  const changes: Change[] = offered.map((value) => ({ put: 'execution', key: value.id, value }));
  changes.push({ put: 'instance', key: instance.id, value: { ...instance, offers } });
  return { instance, stops, runs: [...again, ...offered], changes };
}

/** The orders of an offer. A promise only where a script has to be read from the store. */
export function ordersOf(
  ledger: Ledger,
  scripts: Scripts,
  render: Render,
  { instance, stops, runs }: Offer,
): Order[] | Promise<Order[]> {
  const orders: (Order | Promise<Order>)[] = stops.map(stopOrder);
  let waits = false;
  for (const execution of runs) {
    const order = runOrder(ledger, scripts, render, instance, execution);
    waits ||= order instanceof Promise;
    orders.push(order);
  }
  if (waits) return Promise.all(orders.map((order) => Promise.resolve(order)));
  return orders.filter((order): order is Order => !(order instanceof Promise));
}

function stopOrder({ id, state: { offer, stop } }: Stopping): StopOrder {
  return { do: 'stop', execution: id, offer, ifStarted: stop.ifStarted, reason: stop.reason };
}

function runOrder(
  ledger: Ledger,
  scripts: Scripts,
  render: Render,
  instance: Instance,
  execution: Offered,
): RunOrder | Promise<RunOrder> {
  const run = ledger.runs.get(execution.run);
  if (run === undefined) throw new Error(`no run of the execution ${execution.id}`);
  const text = scripts.text(run.command.scriptDigest);
  const { name } = run.command;
  const order = (script: string): RunOrder => ({
    do: 'run',
    execution: execution.id,
    offer: execution.state.offer,
    invocation: run.invocation,
    ...(name === undefined ? {} : { command: name }),
    type: run.command.type,
    ...render(script, run, instance),
    timeoutSeconds: run.timeoutSeconds,
  });
  return typeof text === 'string' ? order(text) : text.then(order);
}
