// Which entries of its journal an agent may forget: those whose end is here and in Git.
//
// Owns: the offers that have ended and are not known to be published. Of runs that had settled before the start
// it knows nothing: until the status branch has caught up with them nothing may be forgotten.

import { executionParts } from '../../schemas/identity.ts';
import { type Execution, type ExecutionState, isUnsent } from '../run/execution.ts';
import { goesOn } from '../run/run.ts';
import type { Ledger } from '../store/ledger.ts';

export interface Publication {
  /** Whether everything that the ledger held at the start is in Git. */
  caughtUp: () => boolean;
  /** Whether all of the run has ended, and Git says so. */
  isPublished: (run: string) => boolean;
}

/** Follows the ledger; the function says below which offer number an instance may forget, 0 for none. */
export async function openForgetting(
  ledger: Ledger,
  { caughtUp, isPublished }: Publication,
): Promise<{ forgetBefore: (instance: string) => number; close: () => void }> {
  /** By instance, then by execution: a claim may come many times. */
  const kept = new Map<string, Map<string, Entry>>();
  const keep = (instance: string, execution: string, entry: Entry) => {
    const entries = kept.get(instance);
    if (entries === undefined) kept.set(instance, new Map([[execution, entry]]));
    else entries.set(execution, entry);
  };
  const keepClaim = (execution: string, offer: number) => {
    const parts = executionParts(execution);
    if (parts !== undefined) keep(parts.instance, execution, { offer, run: parts.run, claim: true });
  };

  // A tick or a boot that has been is past: no controller, whatever it has forgotten, lets it happen again.
  const isPast = (id: string): boolean => {
    const run = ledger.runs.get(id);
    return run !== undefined && goesOn(run.repeat);
  };

  const keepEnded = ({ id, state, run, instance }: Execution) => {
    if (state.is !== 'ended' || state.offer === undefined || isPast(run)) return;
    keep(instance, id, { offer: state.offer, run, claim: false });
  };

  const close = ledger.onChange((changes) => {
    for (const change of changes) {
      if (!('put' in change)) continue;
      if (change.put === 'claim') keepClaim(change.key, change.value.offer);
      if (change.put === 'execution') keepEnded(change.value);
    }
  });
  for await (const [execution, { offer }] of ledger.store.list('claim')) keepClaim(execution, offer);
  for (const { id, settled } of ledger.runs.values()) {
    if (settled !== undefined || isPast(id)) continue;
    for await (const [, execution] of ledger.store.list('execution', { prefix: `${id}.` }))
      keepEnded(execution);
  }

  // A claim's run may be unknown here: Git knows of it only once such a run is there and has settled.
  const isInGit = ({ run, claim }: Entry) =>
    isPast(run) || (isPublished(run) && (!claim || ledger.runs.get(run)?.settled !== undefined));

  const forgetBefore = (instance: string) => {
    if (!caughtUp()) return 0;
    const entries = kept.get(instance) ?? nothing;
    for (const [execution, entry] of entries) if (isInGit(entry)) entries.delete(execution);
    if (entries.size === 0) kept.delete(instance);

    let lowest = (ledger.instances.get(instance)?.offers ?? -1) + 1;
    for (const { offer } of entries.values()) lowest = Math.min(lowest, offer);
    for (const { state } of ledger.liveOn(instance).values())
      lowest = Math.min(lowest, offerOf(state) ?? lowest);
    return lowest;
  };
  return { forgetBefore, close };
}

const nothing = new Map<string, Entry>();

interface Entry {
  offer: number;
  run: string;
  claim: boolean;
}

function offerOf(state: ExecutionState): number | undefined {
  return isUnsent(state) ? undefined : state.offer;
}
