// The executions that are not over: those that wait in order, and those that run, as many at once as the controller
// says. Each is one story, told in `runToEnd`; nothing else ends an execution that has begun.
import type { End, RunOrder, SendOrder } from '../../schemas/generated/wire.ts';
import type { FetchNeeds } from '../fetch/fetch-blob.ts';
import { type Halt, type Halting, makeHalt } from '../halt.ts';
import type { Entry } from '../journal/memory.ts';
import type { Task } from '../journal/record.ts';
import type { Log } from '../log.ts';
import type { Outbox } from '../report/outbox.ts';
import { makeOutputReader, type OutputReader } from '../report/output-reader.ts';
import { watchOutput } from '../report/watch-output.ts';
import { fetchScript } from './fetch-script.ts';
import { makeOutputBound } from './output-bound.ts';
import { recover } from './recover.ts';
import { type StartNeeds, type StartResult, start } from './start.ts';
import { supervise } from './supervise.ts';

const usuallyRunning = 10;

/** The most that a poll may ask for. */
const mostRoom = 1000;

/** How many may wait here for their turn, so that orders come several at a time. */
const mostWaiting = 10;

export interface Crew {
  /** Starts it as soon as there is room. Its order must be on its way into the journal already. */
  add(order: Task): void;
  /** Goes on with what an earlier life of the agent had begun. */
  resume(execution: string, entry: Extract<Entry, { is: 'intended' | 'started' | 'placing' }>): void;
  has(execution: string): boolean;
  /** Takes it out of the line, or ends the fetching of its script. False if its start has begun. */
  cancel(execution: string): boolean;
  /** Kills what has begun. False if that was asked for before. */
  kill(execution: string): boolean;
  /** How many more there is room for. */
  room(): number;
  /** How many may run at once from now on; what runs goes on. */
  limit(running: number | undefined): void;
  /** Whether nothing runs or waits. */
  idle(): boolean;
  /** Resolves when nothing is under way any more: soon after the agent was stopped. */
  quiet(): Promise<void>;
  /** Called when there is room for several more. */
  onRoom: () => void;
}

export interface CrewNeeds extends StartNeeds, FetchNeeds {
  outbox: Outbox;
  log: Log;
  /** Monotonic, milliseconds. */
  monotonic: () => number;
  /** How many bytes of an output the controller keeps. */
  outputKept: () => number;
  /** What to do with an end: into the journal, then into the outbox. */
  finish: (execution: string, offer: number, end: End, ran?: Ran) => Promise<void>;
  onError: (error: unknown) => void;
  stopped: Halt;
}

/** What is known of an execution besides its end if a process of it ran. */
export interface Ran {
  reader: OutputReader;
  /** The boot of the machine that it was started in. */
  bootId: string;
}

interface Member {
  offer: number;
  waiting: boolean;
  /** Set while its script is fetched: asked, it never starts. */
  fetching?: Halting | undefined;
  kill: () => void;
  stopAsked: Promise<void>;
  killed: boolean;
}

export function makeCrew(needs: CrewNeeds): Crew {
  const members = new Map<string, Member>();
  const line: Task[] = [];
  const stories = new Set<Promise<void>>();
  let running = 0;
  let mostRunning = usuallyRunning;

  function enlist(execution: string, offer: number, waiting: boolean): Member {
    let kill = (): void => {};
    const stopAsked = new Promise<void>((resolve) => {
      kill = resolve;
    });
    const member: Member = { offer, waiting, kill, stopAsked, killed: false };
    members.set(execution, member);
    return member;
  }

  function startNext(): void {
    while (running < mostRunning && !needs.stopped.asked) {
      const order = line.shift();
      const member = order && members.get(order.execution);
      if (order === undefined || member === undefined) return;
      member.waiting = false;
      begin(order.execution, member, () =>
        order.do === 'send'
          ? sendToEnd(order, member, needs)
          : runToEnd(order.execution, member, (over) => startAny(order, 1, member, over), needs),
      );
    }
  }

  /** One more that runs; its failure is the agent's. */
  function begin(execution: string, member: Member, tell: () => Promise<void>): void {
    running += 1;
    const story = tell()
      .catch(needs.onError)
      .finally(() => {
        stories.delete(story);
        running -= 1;
        members.delete(execution);
        startNext();
        // Not for each single one: giving up a poll costs a connection.
        if (room() >= mostWaiting / 2) crew.onRoom();
      });
    stories.add(story);
  }

  /** A script that is too large for its order is fetched first. */
  async function startAny(
    order: RunOrder,
    attempt: number,
    member: Member,
    over: Halt,
  ): Promise<StartResult | undefined> {
    const { blob } = order;
    const withdrawn = () => member.killed;
    if (blob === undefined) return start(order, attempt, needs, withdrawn);
    member.fetching = makeHalt(over);
    const fetched = await fetchScript(order, blob, member.fetching, needs);
    if (fetched !== 'there') return fetched;
    member.fetching = undefined;
    return start(order, attempt, needs, withdrawn);
  }

  function room(): number {
    return Math.min(mostRoom, Math.max(0, mostRunning + mostWaiting - running - line.length));
  }

  const crew: Crew = {
    add(order) {
      enlist(order.execution, order.offer, true);
      line.push(order);
      startNext();
    },
    resume(execution, entry) {
      const member = enlist(execution, entry.offer, false);
      if (entry.is === 'placing') return begin(execution, member, () => settleToEnd(execution, entry, needs));
      const first = async (over: Halt): Promise<StartResult | undefined> => {
        const recovery = await recover(execution, entry, { ...needs, over });
        if (recovery.do === 'supervise') return { running: recovery.running };
        if (recovery.do === 'end') return { end: recovery.end };
        return startAny(recovery.order, recovery.attempt, member, over);
      };
      begin(execution, member, () => runToEnd(execution, member, first, needs));
    },
    has: (execution) => members.has(execution),
    cancel(execution) {
      const member = members.get(execution);
      if (member?.fetching !== undefined) {
        member.fetching.ask();
        return true;
      }
      if (member?.waiting !== true) return false;
      line.splice(
        line.findIndex((order) => order.execution === execution),
        1,
      );
      members.delete(execution);
      return true;
    },
    kill(execution) {
      const member = members.get(execution);
      if (member === undefined || member.killed) return false;
      member.killed = true;
      member.kill();
      return true;
    },
    room,
    limit(most = usuallyRunning) {
      mostRunning = most;
      startNext();
    },
    idle: () => members.size === 0,
    async quiet() {
      while (stories.size > 0) await Promise.all(stories);
    },
    onRoom: () => {},
  };
  return crew;
}

/** Start (or adopt) → stream → end. */
async function runToEnd(
  execution: string,
  { offer, stopAsked }: Member,
  first: (over: Halt) => Promise<StartResult | undefined>,
  { journal, outbox, log, at, monotonic, outputKept, finish, stopped }: CrewNeeds,
): Promise<void> {
  const over = makeHalt(stopped);
  try {
    const result = await first(over);
    if (result === undefined) return;
    if ('end' in result) return await finish(execution, offer, result.end);
    const { running } = result;
    outbox.started(execution, offer, running.startedAt);
    log.info('Started', { execution, pid: running.pid });

    const reader = makeOutputReader(execution, running.folder.output, monotonic, outputKept);
    const bound = makeOutputBound(running.folder.output, log);
    const watching = watchOutput(reader, () => outbox.output(execution, offer, reader), bound, over);
    const { tooMuch } = bound;
    const end = await supervise(running, { journal, at, stopAsked, tooMuch, stopped, over });
    over.ask();
    await watching;
    if (end !== undefined) await finish(execution, offer, end, { reader, bootId: running.bootId });
  } finally {
    over.ask();
  }
}

/** A file is put in its place by the agent itself: there is no process that could go on without it. */
async function sendToEnd(order: SendOrder, { offer, stopAsked }: Member, needs: CrewNeeds): Promise<void> {
  const { execution } = order;
  const { outbox, finish } = needs;
  // Loaded only where files are sent.
  const { send } = await import('../send/send.ts');
  await send(order, {
    ...needs,
    stopAsked,
    started: (at) => outbox.started(execution, offer, at),
    finish: (end) => finish(execution, offer, end),
  });
}

async function settleToEnd(
  execution: string,
  entry: Extract<Entry, { is: 'placing' }>,
  needs: CrewNeeds,
): Promise<void> {
  const { settle } = await import('../send/settle.ts');
  await settle(execution, entry, {
    ...needs,
    finish: (end) => needs.finish(execution, entry.offer, end),
  });
}
