// Orders as they go over the wire.
import type { Order, RunOrder, SendOrder, StopOrder } from '../../schemas/generated/wire.ts';
import { wireVersion } from '../../schemas/wire-version.ts';
import type { FileWork, Run, ScriptWork, Work } from '../run/run.ts';
import type { Ledger } from '../store/ledger.ts';
import type { Change, Instance } from '../store/port.ts';
import type { Choice, Offered, Stopping } from './choose.ts';
import { type Contents, fetched, type Inline } from './contents.ts';
import type { Scripts } from './scripts.ts';
import { workOf } from './work-of.ts';

/** The script with its parameters in place, and what is exported to it. Declared here, given by main.ts. */
export type Render = (
  script: string,
  work: ScriptWork,
  run: string,
  instance: Instance,
) => { script: string; environment: Record<string, string> };

/** What was decided for one poll, with the changes that must be on disk before it is said. */
export interface Offer {
  instance: Instance;
  /** What its agent understands of orders. */
  wire: number;
  stops: readonly Stopping[];
  runs: readonly Offered[];
  changes: readonly Change[];
}

/** Gives what is fresh its offer numbers. */
export function offer(instance: Instance, wire: number, { stops, again, fresh }: Choice): Offer {
  if (fresh.length === 0) return { instance, wire, stops, runs: again, changes: [] };
  let { offers } = instance;
  const offered = fresh.map((execution): Offered => {
    offers += 1;
    const { deliverBefore } = execution.state;
    return { ...execution, state: { is: 'offered', offer: offers, deliverBefore } };
  });
  const changes: Change[] = offered.map((value) => ({ put: 'execution', key: value.id, value }));
  changes.push({ put: 'instance', key: instance.id, value: { ...instance, offers } });
  return { instance, wire, stops, runs: [...again, ...offered], changes };
}

/** Characters of scripts and values in one answer. In JSON a character is six bytes at the most; an agent takes 64 MiB. */
const mostCharacters = 4 * 1024 * 1024;

/** What cannot be ordered, and why. */
export interface Unmade {
  execution: Offered;
  because: 'lost' | 'agent too old';
}

export interface Made {
  orders: Order[];
  /** They found no room in this answer. */
  left: readonly Offered[];
  unmade: readonly Unmade[];
}

/** Where orders get their scripts and files from. */
export interface Materials {
  scripts: Scripts;
  contents: Contents;
  render: Render;
  /** Of every script; the agent's own if it is not given. */
  graceSeconds?: number;
}

/** The orders of an offer, at least one of a run where there is any. A promise only where something has to be read. */
export function ordersOf(ledger: Ledger, materials: Materials, offer: Offer): Made | Promise<Made> {
  const ready: Inline[] = [];
  const texts = offer.runs.map((execution) => {
    const text = materialOf(ledger, materials, execution);
    if (!(text instanceof Promise)) ready.push(text);
    return text;
  });
  if (ready.length === texts.length) return make(ledger, materials, offer, ready);
  const reads = texts.map((text) => Promise.resolve(text));
  return Promise.all(reads).then((read) => make(ledger, materials, offer, read));
}

/** A script's text, or a file in Base64. */
function materialOf(
  ledger: Ledger,
  { contents, scripts }: Materials,
  execution: Offered,
): Inline | Promise<Inline> {
  const work = workOf(ledger, execution);
  if (work === undefined) return undefined;
  if (work.does === 'run')
    return work.command.blob === undefined ? scripts.text(work.command.scriptDigest) : fetched;
  return contents.inline(work.file.blob, ledger.runs.get(execution.run)?.source.commit ?? '');
}

function make(
  ledger: Ledger,
  { graceSeconds, render }: Materials,
  { instance, wire, stops, runs }: Offer,
  texts: readonly Inline[],
): Made {
  const orders: (RunOrder | SendOrder)[] = [];
  const unmade: Unmade[] = [];
  let characters = 0;
  for (const [index, execution] of runs.entries()) {
    const run = ledger.runs.get(execution.run);
    const work = workOf(ledger, execution);
    const text = texts[index];
    if (run === undefined || work === undefined || text === undefined) {
      unmade.push({ execution, because: 'lost' });
      continue;
    }
    if (wire < wireVersion && needsNewAgent(run, work)) {
      unmade.push({ execution, because: 'agent too old' });
      continue;
    }
    const order =
      work.does === 'send'
        ? sendOrder(execution, run, work, text)
        : {
            ...runOrder(execution, run, work, render(text === fetched ? '' : text, work, run.id, instance)),
            ...(graceSeconds !== undefined && { graceSeconds }),
          };
    characters += charactersOf(order);
    if (characters > mostCharacters && orders.length > 0)
      return { orders: [...stops.map(stopOrder), ...orders], left: runs.slice(index), unmade };
    orders.push(order);
  }
  return { orders: [...stops.map(stopOrder), ...orders], left: [], unmade };
}

/** Whether an agent of the first version would take the order for another one: it ignores what it does not know. */
function needsNewAgent({ repeat }: Run, work: Work): boolean {
  if (repeat.mode === 'DryRun' || work.does === 'send' || work.terminationMode === 'Process') return true;
  const { command, launcher, username, workingDir } = work;
  return [command.blob, launcher, username, workingDir].some((each) => each !== undefined);
}

function charactersOf(order: RunOrder | SendOrder): number {
  if (order.do === 'send') return order.file.content?.length ?? 0;
  const { script, environment } = order;
  let count = script.length;
  for (const name in environment) count += name.length + (environment[name]?.length ?? 0);
  return count;
}

function stopOrder({ id, state: { offer, stop } }: Stopping): StopOrder {
  return { do: 'stop', execution: id, offer, ifStarted: stop.ifStarted, reason: stop.reason };
}

function runOrder(
  { id, state }: Offered,
  { invocation, repeat }: Run,
  work: ScriptWork,
  rendered: ReturnType<Render>,
): RunOrder {
  const { command, launcher, terminationMode, timeoutSeconds, username, workingDir } = work;
  return {
    do: 'run',
    execution: id,
    offer: state.offer,
    invocation,
    ...(command.name !== undefined && { command: command.name }),
    type: command.type,
    ...rendered,
    ...(command.blob !== undefined && { blob: command.blob }),
    timeoutSeconds,
    terminationMode,
    ...(workingDir !== undefined && { workingDir }),
    ...(username !== undefined && { username }),
    ...(launcher !== undefined && { launcher }),
    ...(repeat.mode === 'DryRun' && { dryRun: true }),
  };
}

function sendOrder(
  { id, state }: Offered,
  { invocation, repeat }: Run,
  { file, timeoutSeconds }: FileWork,
  content: string | typeof fetched,
): SendOrder {
  return {
    do: 'send',
    execution: id,
    offer: state.offer,
    invocation,
    file: content === fetched ? file : { ...file, content },
    timeoutSeconds,
    ...(repeat.mode === 'DryRun' && { dryRun: true }),
  };
}
