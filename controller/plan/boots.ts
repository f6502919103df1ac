import type { Desired } from '../desired/desired.ts';
import { deliverBefore } from '../run/first-execution.ts';
import { asWanted } from './as-wanted.ts';
import type { Planning } from './planning.ts';

/**
 * Executions that wait for a boot of an instance that has had another one since. A boot from before the execution was
 * made, of which the controller heard only now, is none that it waits for.
 */
export function planBoots({ catalog, known, now, plan }: Planning, desired: Desired): void {
  for (const id of known.rebooted) {
    const execution = known.live(id);
    const run = execution && known.runs.get(execution.run);
    const machine = execution && known.machine(execution.instance);
    if (run === undefined || machine === undefined || execution?.state.is !== 'scheduled') continue;
    const { for: moment } = execution.state;
    if (moment.is !== 'boot' || moment.after === machine.facts.bootId) continue;
    const occurrence = bootOccurrence(machine.facts.bootId);
    const isEarlier = machine.bootedAt !== undefined && machine.bootedAt <= moment.since;
    const step = {
      do: 'boot',
      run: run.id,
      invocation: run.invocation,
      execution: id,
      after: machine.facts.bootId,
      since: machine.bootedAt ?? now,
    } as const;
    // Which instances an occurrence was for is not known of a run that the status branch alone tells of.
    const isKnown = run.adopted === true && known.occurrences(run.id).has(occurrence);
    if (isEarlier || isKnown) {
      plan.steps.push({ ...step, again: true });
      continue;
    }
    const { work, script, repeat, deliverySeconds } = asWanted(desired, run);
    plan.steps.push({
      ...step,
      again: run.repeat.mode === 'EveryReboot',
      fires: {
        occurrence,
        at: now,
        commit: catalog.commit,
        work,
        ...(script !== undefined && { script }),
        deliverBefore: deliverBefore({ deliverySeconds, repeat }, now, now),
      },
    });
  }
}

/** Agents name their boots: what cannot be a part of an id is made one. */
function bootOccurrence(bootId: string): string {
  return bootId.replace(/[^A-Za-z0-9_-]/g, '_');
}
