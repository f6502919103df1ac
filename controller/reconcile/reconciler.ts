import type { Blob } from '../../schemas/generated/wire.ts';
import type { Limits } from '../manifest/limits.ts';
import { makeParseCache } from '../manifest/read-catalog.ts';
import type { Guard } from '../plan/planning.ts';
import type { Source } from '../source/source.ts';
import type { Blobs } from '../store/blobs.ts';
import type { Ledger } from '../store/ledger.ts';
import { openAcks } from './acks.ts';
import { follow } from './known.ts';
import { type Loop, runLoop } from './loop.ts';
import type { Outcome } from './outcome.ts';
import { type Memory, type PassResult, pass, type World } from './pass.ts';
import { refetchBlob } from './refetch-blob.ts';
import { openSince } from './since.ts';
import { followSuspects } from './suspects.ts';

export interface Reconciler extends Loop {
  /** Of the last pass; before the first one, what is known without it. */
  outcome(): Outcome;
  /** Fetches a blob that was lost from Git again; `commit` is the one of its run. Whether it is kept again. */
  refetch(blob: Blob, commit: string): Promise<boolean>;
  /** Releases a hold that exists, and makes a pass. Undefined if there is no such hold. */
  ack(hold: string, by: string, reason: string): Promise<PassResult | undefined>;
}

export interface ReconcilerSettings {
  source: Source;
  ledger: Ledger;
  blobs: Blobs;
  guard: Guard;
  limits: Limits;
  mostInLine: World['mostInLine'];
  onlineSince: World['onlineSince'];
  hasCalled: World['hasCalled'];
  /** ISO time. */
  now(): string;
  /** Milliseconds, for how long things take. */
  clock(): number;
  onPass(result: PassResult, milliseconds: number): void;
  onFailure(error: unknown): boolean;
}

/** Everything that passes need, and the loop that makes them. The caller nudges it for the first time. */
export async function openReconciler(settings: ReconcilerSettings): Promise<Reconciler> {
  const {
    blobs,
    clock,
    guard,
    hasCalled,
    ledger,
    limits,
    mostInLine,
    now,
    onFailure,
    onlineSince,
    onPass,
    source,
  } = settings;
  const accepted = await ledger.store.get('meta', 'acceptedCommit');
  const acks = await openAcks(ledger.store);
  const memory: Memory = {
    parsed: makeParseCache(limits),
    fleetVersion: -1,
    ...(accepted !== undefined && { accepted: String(accepted) }),
  };
  const followed = follow(ledger, () => loop.nudge());
  const world = {
    source,
    ledger,
    blobs,
    guard,
    acks,
    since: await openSince(ledger.store),
    followed,
    onlineSince,
    hasCalled,
    listeningSince: now(),
    mostInLine,
    suspects: followSuspects(ledger),
    now,
  };
  let outcome: Outcome = { problems: [], invocationConditions: new Map(), holds: [], conditions: [] };
  let fleet = ledger.fleetVersion;
  ledger.onChange(() => {
    if (fleet === ledger.fleetVersion) return;
    fleet = ledger.fleetVersion;
    loop.nudge();
  });
  const loop = runLoop({
    pass: (look) => pass(world, memory, look),
    onPass: (result, milliseconds) => {
      outcome = result.outcome;
      onPass(result, milliseconds);
    },
    onFailure,
    calmSeconds: 1,
    dueInMs() {
      const next = followed.due.next();
      return next === undefined ? undefined : Date.parse(next) - Date.parse(now());
    },
    clock,
  });
  return {
    ...loop,
    outcome: () => outcome,
    refetch: (blob, commit) => refetchBlob(blob, commit, memory, source, blobs),
    async ack(hold, by, reason) {
      if (!outcome.holds.some(({ id }) => id === hold)) return undefined;
      await acks.add(hold, by, reason, now());
      return loop.now();
    },
  };
}
