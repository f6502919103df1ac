import type { Execution } from '../run/execution.ts';
import type { Ledger } from '../store/ledger.ts';

/** Executions that wait for a boot, on instances that have had one since: kept up to date, so that no pass has to search. */
export function followBoots(ledger: Ledger, onBoot: () => void): ReadonlySet<string> {
  const rebooted = new Set<string>();
  const look = ({ id, instance, state }: Execution): boolean => {
    const bootId = ledger.instances.get(instance)?.facts.bootId;
    const moment = state.is === 'scheduled' ? state.for : undefined;
    // What the status branch knows of an instance does not have its boot.
    const isKnown = bootId !== undefined && bootId !== '';
    if (moment?.is !== 'boot' || !isKnown || bootId === moment.after) return rebooted.delete(id) && false;
    return !rebooted.has(id) && rebooted.add(id).size > 0;
  };
  for (const run of ledger.runs.keys()) for (const execution of ledger.liveOf(run).values()) look(execution);
  ledger.onChange((changes) => {
    let news = false;
    for (const change of changes) {
      if ('delete' in change) {
        if (change.delete === 'execution') rebooted.delete(change.key);
      } else if (change.put === 'execution') news = look(change.value) || news;
      else if (change.put === 'instance')
        for (const execution of ledger.liveOn(change.key).values()) news = look(execution) || news;
    }
    if (news) onBoot();
  });
  return rebooted;
}
