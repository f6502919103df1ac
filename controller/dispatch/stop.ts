// Stops: what waits is cancelled at once, what was offered is told to stop at the next poll.
import type { StopAnswer, StopRequest } from '../../schemas/generated/wire.ts';
import { isUnsent, type Stop } from '../run/execution.ts';
import { occurrenceKey } from '../run/occurrence.ts';
import { goesOn, recurs } from '../run/run.ts';
import { stopExecutions } from '../run/stop-executions.ts';
import type { Ledger } from '../store/ledger.ts';
import { memberStopKey } from '../store/member-stops.ts';
import type { Change } from '../store/port.ts';
import { type Answered, done, refuse } from './refusal.ts';

/**
 * Stops an Invocation on these instances (ids or names), or on all of them; then late joiners do not start either.
 * `by` is who asked. Answers when it is on disk.
 */
export async function stop(
  ledger: Ledger,
  invocation: string,
  { instances, reason }: StopRequest,
  by: { name: string; at: number },
): Promise<Answered<StopAnswer>> {
  let record = ledger.invocations.get(invocation);
  if (record === undefined) return refuse('InvocationUnknown');
  const only = instances === undefined ? undefined : new Set<string>();
  for (const idOrName of instances ?? []) {
    const instance = ledger.findInstance(idOrName);
    if (instance === undefined)
      return refuse('TargetUnknown', { message: `No instance is called ${idOrName}.` });
    only?.add(instance.id);
  }

  const asked: Stop = {
    by: by.name,
    reason: reason ?? 'stopped by an operator',
    at: new Date(by.at).toISOString(),
    ifStarted: 'kill',
  };
  // Another version may be accepted while this counts: it is stopped as well, so nothing waits from here to the commit.
  let ended = 0;
  for (let counted = ''; counted !== record.run; ) {
    counted = record.run;
    ended = await countEnded(ledger, counted, only);
    record = ledger.invocations.get(invocation) ?? record;
  }
  const changes: Change[] = [];
  let cancelled = 0;
  let stopping = 0;
  // Runs that were superseded may be running still.
  for (const run of [record.run, ...record.pastRuns]) {
    const concerns = (instance: string): boolean => only === undefined || only.has(instance);
    for (const value of stopExecutions(ledger.liveOf(run).values(), asked, concerns)) {
      changes.push({ put: 'execution', key: value.id, value });
      if (value.state.is === 'ended') cancelled += 1;
    }
    for (const { state, instance } of ledger.liveOf(run).values()) {
      if (!isUnsent(state) && concerns(instance)) stopping += 1;
    }
  }
  const run = ledger.runs.get(record.run);
  if (only !== undefined && run !== undefined && recurs(run.repeat))
    changes.push(...memberStops(run.id, only, asked));
  const mayStart =
    run !== undefined && (run.settled === undefined || goesOn(run.repeat) || record.lateJoiners === 'Run');
  if (only === undefined && run !== undefined && mayStart)
    changes.push({ put: 'run', key: run.id, value: { ...run, stopped: run.stopped ?? asked } });
  await ledger.commit(changes);
  return done({ cancelled, stopping, ended });
}

/** Nothing of a run that recurs starts any more on these instances, also on those that would join it later. */
function memberStops(run: string, instances: ReadonlySet<string>, stop: Stop): Change[] {
  return [...instances].map((instance) => ({
    put: 'memberStop',
    key: memberStopKey(run, instance),
    value: stop,
  }));
}

async function countEnded(
  ledger: Ledger,
  run: string,
  only: ReadonlySet<string> | undefined,
): Promise<number> {
  let count = 0;
  for (const prefix of prefixes(ledger, run)) {
    for await (const [, { state, instance }] of ledger.store.list('execution', { prefix }))
      if (state.is === 'ended' && (only === undefined || only.has(instance))) count += 1;
  }
  return count;
}

/** Of a run that recurs what its occurrences on their way have behind them: the others are over. */
function prefixes(ledger: Ledger, id: string): string[] {
  const run = ledger.runs.get(id);
  if (run === undefined || !recurs(run.repeat)) return [`${id}.`];
  return [...ledger.occurrences(id).values()]
    .filter(({ state }) => state.is === 'fired')
    .map(({ occurrence }) => `${occurrenceKey(id, occurrence)}.`);
}
