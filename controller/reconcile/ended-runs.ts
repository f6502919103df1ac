import type { Ledger } from '../store/ledger.ts';

/** Runs that are not settled and of which nothing is live: kept up to date, so that no pass has to search. */
export function followEndedRuns(ledger: Ledger, onEnded: () => void): ReadonlySet<string> {
  const ended = new Set<string>();
  const look = (id: string): void => {
    const run = ledger.runs.get(id);
    if (run !== undefined && run.settled === undefined && ledger.liveOf(id).size === 0) ended.add(id);
    else ended.delete(id);
  };
  for (const id of ledger.runs.keys()) look(id);
  ledger.onChange((changes) => {
    let news = false;
    for (const change of changes) {
      if (!('put' in change)) continue;
      const run =
        change.put === 'execution' ? change.value.run : change.put === 'run' ? change.key : undefined;
      if (run === undefined) continue;
      const before = ended.has(run);
      look(run);
      news ||= !before && ended.has(run);
    }
    if (news) onEnded();
  });
  return ended;
}
