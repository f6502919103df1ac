// THE STORY of a pass: from what Git says to what is on disk, in straight calls. A pass never reacts to an event:
// it reads everything that it needs and works out the rest.
import { type Desired, desired } from '../desired/desired.ts';
import type { Catalog } from '../manifest/catalog.ts';
import { type ParseCache, readCatalog } from '../manifest/read-catalog.ts';
import { plan } from '../plan/plan.ts';
import type { Guard, Known } from '../plan/planning.ts';
import type { Plan } from '../plan/step.ts';
import { stepInWords } from '../plan/words.ts';
import type { Snapshot } from '../source/snapshot.ts';
import type { Sighting, Source } from '../source/source.ts';
import type { Blobs } from '../store/blobs.ts';
import type { Ledger } from '../store/ledger.ts';
import type { Acks } from './acks.ts';
import { type Admission, admit } from './admit.ts';
import { apply } from './apply.ts';
import { forgetBlobs } from './forget-blobs.ts';
import { keepBlobs } from './keep-blobs.ts';
import { type Followed, knownOf } from './known.ts';
import type { Outcome } from './outcome.ts';
import { report } from './report.ts';
import type { Since } from './since.ts';
import type { Suspects } from './suspects.ts';

/** What a pass works on. */
export interface World {
  source: Source;
  ledger: Ledger;
  blobs: Blobs;
  guard: Guard;
  acks: Acks;
  since: Since;
  followed: Followed;
  suspects: Suspects;
  /** Since when (ISO time) an instance has called without a break; undefined while it is away. */
  onlineSince(instance: string): string | undefined;
  /** Whether it has called since this controller started. */
  hasCalled(instance: string): boolean;
  /** When this controller started (ISO time). */
  listeningSince: string;
  /** An execution that would make an instance's line longer than this is turned away. */
  mostInLine: number;
  /** ISO time. */
  now(): string;
}

/** Late executions that wait for their turn on instances that are there are looked at this often. */
const recheckMs = 15_000;

/** What a pass leaves for the next one, so that what did not change costs nothing. All of it can be worked out anew. */
export interface Memory {
  sighting?: Sighting;
  accepted?: string;
  snapshot?: Snapshot;
  catalog?: Catalog;
  parsed: ParseCache;
  desired?: Desired;
  fleetVersion: number;
}

export interface PassResult {
  outcome: Outcome;
  /** The steps, in words. */
  steps: string[];
}

/** One turn of the reconcile loop. With `look`, Git is asked; else the last answer stands. */
export async function pass(world: World, memory: Memory, look: boolean): Promise<PassResult> {
  const { acks, blobs, ledger, source } = world;
  const now = world.now();
  if (look || memory.sighting === undefined) memory.sighting = await source.look();
  const admission = await admit(memory.sighting, memory.accepted, source, acks.has);
  const catalog = await catalogOf(admission.commit, source, memory);
  const made = catalog === undefined ? undefined : await planOf(catalog, world, memory, now);
  const carried = made === undefined ? undefined : await keepBlobs(made.plan, memory.snapshot, blobs);
  const steps = carried?.steps ?? [];
  await apply(steps, ledger, now, world.mostInLine);
  if (carried !== undefined) made?.carriedOut(carried);
  if (catalog !== undefined && steps.length > 0) await forgetBlobs(blobs, ledger, catalog);
  const outcome = report(admission, memory.accepted, catalog, carried, world.since, now);
  await remember(admission, carried?.released ?? [], world, memory);
  return { outcome, steps: steps.map(stepInWords) };
}

async function catalogOf(
  commit: string | undefined,
  source: Source,
  memory: Memory,
): Promise<Catalog | undefined> {
  if (commit === undefined) return undefined;
  if (memory.snapshot?.commit !== commit || memory.catalog === undefined) {
    const snapshot = await source.snapshot(commit, memory.snapshot);
    // Both or none: a snapshot whose catalog could not be read must be read again.
    delete memory.snapshot;
    memory.catalog = await readCatalog(snapshot, memory.parsed);
    memory.snapshot = snapshot;
  }
  return memory.catalog;
}

/** Plans; where the plan asks who has executed, looks that up and plans again. */
async function planOf(
  catalog: Catalog,
  world: World,
  memory: Memory,
  now: string,
): Promise<{ plan: Plan; carriedOut(plan: Plan): void }> {
  const { acks, followed, guard, hasCalled, ledger, onlineSince } = world;
  const fleetVersion = ledger.fleetVersion;
  const fleetChanged = memory.fleetVersion !== fleetVersion;
  const suspects = world.suspects.of(catalog, fleetChanged, Date.parse(now));
  const known: Known = {
    ...knownOf(ledger, followed, now),
    onlineSince,
    hasCalled,
    listeningSince: world.listeningSince,
    acknowledged: acks.has,
    fleetChanged,
    ...(suspects !== undefined && { suspects }),
  };
  memory.desired = desired(catalog, memory.desired);
  let made = plan(catalog, memory.desired, known, guard, now);
  if (made.membersNeeded.length > 0) {
    await followed.members.load(made.membersNeeded);
    made = plan(catalog, memory.desired, known, guard, now);
  }
  return {
    plan: made,
    carriedOut(plan) {
      memory.fleetVersion = fleetVersion;
      followed.due.carriedOut(plan.recheck, new Date(Date.parse(now) + recheckMs).toISOString());
      world.suspects.carriedOut(catalog, plan, suspects === undefined, Date.parse(now));
    },
  };
}

/** The commit is accepted when everything that it asks for is on disk: a crash before that plans it again. */
async function remember(
  { commit, released }: Admission,
  releasedByPlan: readonly string[],
  { acks, ledger, since, source }: World,
  memory: Memory,
): Promise<void> {
  // What a person released was released once.
  const changes = [...since.changes(), ...acks.use([...(released ?? []), ...releasedByPlan])];
  const isNew = commit !== undefined && commit !== memory.accepted;
  if (isNew) changes.push({ put: 'meta', key: 'acceptedCommit', value: commit });
  if (changes.length > 0) await ledger.commit(changes);
  if (!isNew) return;
  memory.accepted = commit;
  await source.pin(commit);
}
