import type { PlannedHold } from '../plan/step.ts';
import type { Sighting, Source } from '../source/source.ts';

/** Which commit is in force after a look at the branch, and what is to say about it. */
export interface Admission {
  /** Absent before the first commit. */
  commit?: string;
  hold?: PlannedHold;
  /** Holds that a person released and that let this commit in. */
  released?: string[];
  ready: { status: 'True' | 'False'; reason: string; message: string };
}

/**
 * A commit is admitted if it follows the accepted one, or if somebody released it. A branch that is gone, empty or
 * out of reach leaves the accepted one in force: that is never taken for a deletion.
 */
export async function admit(
  sighting: Sighting,
  accepted: string | undefined,
  source: Source,
  acknowledged: (hold: string) => boolean,
): Promise<Admission> {
  const inForce = accepted !== undefined && (await source.has(accepted)) ? { commit: accepted } : {};
  if (sighting.is !== 'at') {
    const reason = sighting.is === 'missing' ? 'BranchMissing' : 'GitUnreachable';
    return {
      ...inForce,
      ready: { status: 'False', reason, message: `${sighting.message} ${sighting.hint}` },
    };
  }
  const { commit } = sighting;
  const ready = { status: 'True', reason: 'Fetched', message: 'The branch was read.' } as const;
  if (accepted === undefined || commit === accepted) return { commit, ready };
  if (await source.isAncestor(accepted, commit)) return { commit, ready };
  const hold = `rewind:${accepted.slice(0, 12)}..${commit}`;
  if (acknowledged(hold)) return { commit, ready, released: [hold] };
  const message = `The branch went from ${accepted.slice(0, 12)} to ${commit.slice(0, 12)}, which does not follow it (a forced push?). Nothing new is accepted until somebody acknowledges it.`;
  return {
    ...(await readable(accepted, source)),
    hold: { id: hold, reason: 'NonFastForward', message },
    ready: { status: 'False', reason: 'NonFastForward', message },
  };
}

/** The accepted commit, if its files can still be read. */
async function readable(accepted: string | undefined, source: Source): Promise<{ commit?: string }> {
  return accepted !== undefined && (await source.has(accepted)) ? { commit: accepted } : {};
}
