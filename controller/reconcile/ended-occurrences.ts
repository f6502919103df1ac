import { nextBoot, type Occurrence, occurrenceKey } from '../run/occurrence.ts';
import type { Ledger } from '../store/ledger.ts';

/** Occurrences that have fired, or were stopped before, and of which nothing is live, by their keys: kept up to date, so that no pass has to search. */
export function followEndedOccurrences(ledger: Ledger, onEnded: () => void): ReadonlySet<string> {
  const ended = new Set<string>();
  const look = ({ occurrence, run, state }: Occurrence): boolean => {
    const key = occurrenceKey(run, occurrence);
    const mayEnd = state.is === 'fired' || (state.is === 'ahead' && occurrence !== nextBoot);
    if (!mayEnd || ledger.liveIn(run, occurrence) > 0) return ended.delete(key) && false;
    return !ended.has(key) && ended.add(key).size > 0;
  };
  for (const run of ledger.runs.keys()) for (const one of ledger.occurrences(run).values()) look(one);
  ledger.onChange((changes) => {
    let news = false;
    for (const change of changes) {
      if (!('put' in change)) continue;
      if (change.put === 'occurrence') news = look(change.value) || news;
      if (change.put !== 'execution' || change.value.state.is !== 'ended') continue;
      const one = ledger.occurrences(change.value.run).get(change.value.occurrence);
      if (one !== undefined) news = look(one) || news;
    }
    if (news) onEnded();
  });
  return ended;
}
