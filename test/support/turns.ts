import { desired } from '../../controller/desired/desired.ts';
import type { Catalog } from '../../controller/manifest/catalog.ts';
import { plan } from '../../controller/plan/plan.ts';
import type { Plan } from '../../controller/plan/step.ts';
import { apply } from '../../controller/reconcile/apply.ts';
import { type Followed, follow, knownOf } from '../../controller/reconcile/known.ts';
import { phaseOf } from '../../controller/run/execution.ts';
import { type Event, transition } from '../../controller/run/transition.ts';
import type { Ledger } from '../../controller/store/ledger.ts';
import { openLedger } from '../../controller/store/open-ledger.ts';
import type { Store } from '../../controller/store/port.ts';
import type { Facts } from '../../schemas/generated/wire.ts';
import { memoryStore } from './memory-store.ts';

/** A controller's planning on a store in memory: catalogs come, executions start and end, time is what a test says. */
export interface Turns {
  readonly store: Store;
  /** Of the present life. */
  ledger(): Ledger;
  /** One turn of the loop on this catalog; a minute after the last one, if no time is given. */
  turn(
    seen: Catalog,
    when?: { at?: string; guard?: { maxDeletions: number; maxTargets: number } },
  ): Promise<Plan>;
  /** The controller forgets what is in memory. */
  restart(): Promise<void>;
  enrol(name: string, labels?: Record<string, string>, facts?: Partial<Facts>): Promise<void>;
  /** The run in force of an Invocation. */
  runOf(invocation: string): string;
  /** Phases of the executions of a run, by instance name; with `occurrence` of that one. */
  phases(run: string, occurrence?: string): Promise<Record<string, string>>;
  /** Something happens to the execution of a run on an instance. */
  happen(
    execution: { run: string; instance: string; occurrence?: string },
    ...events: Event[]
  ): Promise<void>;
  /** Holds that somebody released. */
  acked: Set<string>;
  /** Instances that have called without a break, and since when. */
  online: Map<string, string>;
  /** Instances that have called since the controller started. */
  called: Set<string>;
  mostInLine: number;
  /** When the present life began. */
  listeningSince: string;
}

export async function openTurns(): Promise<Turns> {
  const store = await memoryStore();
  let ledger: Ledger;
  let followed: Followed;
  let fleetSeen = -1;
  let time = Date.UTC(2026, 0, 1);

  const turns: Turns = {
    store,
    ledger: () => ledger,
    acked: new Set(),
    online: new Map(),
    called: new Set(),
    mostInLine: Number.POSITIVE_INFINITY,
    listeningSince: '2025-01-01T00:00:00.000Z',
    async turn(seen, { at, guard = { maxDeletions: 2, maxTargets: 5 } } = {}) {
      time = at === undefined ? time + 60_000 : Date.parse(at);
      const now = new Date(time).toISOString();
      const make = (): Plan =>
        plan(
          seen,
          desired(seen),
          {
            ...knownOf(ledger, followed, now),
            onlineSince: (instance) => turns.online.get(instance),
            hasCalled: (instance) => turns.called.has(instance),
            listeningSince: turns.listeningSince,
            acknowledged: (hold) => turns.acked.has(hold),
            fleetChanged: fleetSeen !== ledger.fleetVersion,
          },
          guard,
          now,
        );
      let made = make();
      if (made.membersNeeded.length > 0) {
        await followed.members.load(made.membersNeeded);
        made = make();
      }
      fleetSeen = ledger.fleetVersion;
      await apply(made.steps, ledger, now, turns.mostInLine);
      followed.due.carriedOut(made.recheck, new Date(time + 60_000).toISOString());
      return made;
    },
    async restart() {
      ledger = await openLedger(store);
      followed = follow(ledger, () => {});
      fleetSeen = -1;
    },
    async enrol(name, labels = {}, facts = {}) {
      const usual = { hostname: name, os: 'linux', arch: 'x64', agentVersion: '0', bootId: 'b' };
      const rest = { ownLabels: {}, publicKey: name, enrolledAt: '2026-01-01T00:00:00.000Z', offers: 0 };
      const value = { id: `mi-${name}`, name, labels, ...rest, facts: { ...usual, ...facts } };
      await ledger.commit([{ put: 'instance', key: value.id, value }]);
    },
    runOf: (invocation) => ledger.invocations.get(invocation)?.run ?? '',
    async phases(run, occurrence) {
      const found: Record<string, string> = {};
      const prefix = occurrence === undefined ? `${run}.` : `${run}.${occurrence}.`;
      for await (const [, { instance, state }] of store.list('execution', { prefix }))
        found[instance.slice(3)] = phaseOf(state);
      return found;
    },
    async happen({ run, instance, occurrence = 'once' }, ...events) {
      for (const event of events) {
        const execution = ledger.live(`${run}.${occurrence}.mi-${instance}`);
        const state = execution === undefined ? undefined : transition(execution.state, event);
        if (execution === undefined || state === undefined) throw new Error(`${event.event} is not possible`);
        await ledger.commit([{ put: 'execution', key: execution.id, value: { ...execution, state } }]);
      }
    },
  };
  await turns.restart();
  return turns;
}

/** What happens to an execution that starts, and to one that ends well. */
export const someTime = '2026-01-01T00:00:01.000Z';
export const start: readonly Event[] = [
  { event: 'offer', offer: 1 },
  { event: 'received', offer: 1 },
  { event: 'started', offer: 1, at: someTime },
];
export const succeed: Event = {
  event: 'ended',
  end: { phase: 'Success', at: someTime, exitCode: 0, outputBytes: 0 },
};
