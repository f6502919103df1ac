import type { Catalog } from '../manifest/catalog.ts';
import type { Known } from '../plan/planning.ts';
import type { Plan } from '../plan/step.ts';
import type { Ledger } from '../store/ledger.ts';

/** Keeps account of what may have changed since the last plan, so that a plan looks at nothing else. */
export interface Suspects {
  /** For a plan of this catalog; undefined where it has to look at everything. */
  of(catalog: Catalog, fleetChanged: boolean, now: number): Known['suspects'];
  /** The plan that was made after the last `of` was carried out. Without this, its suspects stay suspects. */
  carriedOut(catalog: Catalog, plan: Plan, wasWhole: boolean, now: number): void;
}

/** Whatever is overlooked, this often everything is looked at. */
const wholeEveryMs = 600_000;

/** Follows the ledger. Times are milliseconds. */
export function followSuspects(ledger: Ledger): Suspects {
  let touched = new Set<string>();
  let looking = new Set<string>();
  let last: { revision: number; noted: readonly string[]; unreadable: boolean } | undefined;
  let wholeAt = Number.NEGATIVE_INFINITY;
  ledger.onChange((changes) => {
    for (const change of changes) {
      if (!('put' in change)) continue;
      if (change.put === 'invocation') touched.add(change.key);
      else if (change.put === 'run') touched.add(change.value.invocation);
    }
  });
  return {
    of({ changesFrom, revision, unreadable }, fleetChanged, now) {
      // What is touched from here on is for the next plan.
      looking = new Set([...looking, ...touched]);
      touched = new Set();
      if (last === undefined || fleetChanged || now - wholeAt > wholeEveryMs) return undefined;
      // What a file holds that cannot be read is not known by name.
      if (last.unreadable || unreadable.size > 0) return undefined;
      if (revision === last.revision)
        return { commands: new Set(), invocations: new Set([...looking, ...last.noted]) };
      if (changesFrom?.revision !== last.revision) return undefined;
      const { commands, invocations } = changesFrom;
      return { commands, invocations: new Set([...invocations, ...looking, ...last.noted]) };
    },
    carriedOut({ revision, unreadable }, plan, wasWhole, now) {
      last = { revision, noted: [...plan.notes.keys()], unreadable: unreadable.size > 0 };
      if (wasWhole) wholeAt = now;
      looking = new Set();
    },
  };
}
