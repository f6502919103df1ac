// Which contents a Command has had, which of them ran, when, where from.
//
// Runs are kept for ever and occurrences for as long as results are; what older occurrences ran was added up when
// their records went (past.ts). So each execution counts once, whatever was removed.
import type { CommandHistory } from '../../schemas/generated/wire.ts';
import { stateCounts } from '../run/aggregate.ts';
import { type Run, recurs } from '../run/run.ts';
import type { Ledger } from '../store/ledger.ts';
import type { CommandPast } from '../store/port.ts';
import { addPast, pastOf } from './past.ts';
import { contentsKept } from './remove-scripts.ts';

type Content = CommandHistory['items'][number];

/** The newest contents of the Command, the last edited or run first; undefined if nothing is known of it. */
export async function commandHistory(ledger: Ledger, name: string): Promise<CommandHistory | undefined> {
  const edits = await editsOf(ledger, name);
  const ran = await ranOf(ledger, name);
  const digests = new Set([...edits.keys(), ...ran.keys()]);
  if (digests.size === 0) return undefined;
  const items = [...digests].map((digest) => content(digest, edits.get(digest), ran.get(digest)));
  items.sort((a, b) => (lastSeen(a) > lastSeen(b) ? -1 : 1));
  return { items: items.slice(0, contentsKept) };
}

interface Edit {
  commit: string;
  type: string;
  at?: string;
}

/** The first edit that gave the Command each content. */
async function editsOf(ledger: Ledger, name: string): Promise<Map<string, Edit>> {
  const edits = new Map<string, Edit>();
  for await (const [, { at, commit, digest, type }] of ledger.store.list('commandEdit', {
    prefix: `${name}:`,
  }))
    if (!edits.has(digest)) edits.set(digest, { at, commit, type });
  // Recorded before edits were.
  const now = ledger.commands.get(name);
  if (now !== undefined && !edits.has(now.scriptDigest))
    edits.set(now.scriptDigest, { commit: now.commit, type: now.type });
  return edits;
}

async function ranOf(ledger: Ledger, name: string): Promise<Map<string, CommandPast>> {
  const ran = new Map<string, CommandPast>();
  const add = (past: CommandPast) => void ran.set(past.digest, addPast(ran.get(past.digest), past));
  for await (const [, past] of ledger.store.list('commandPast', { prefix: `${name}:` })) add(past);
  for (const run of ledger.runs.values()) {
    if (run.work.does !== 'run' || run.work.command.name !== name) continue;
    if (!recurs(run.repeat)) add(pastOfRun(ledger, run, run.work.command.scriptDigest));
    else for await (const past of pastOfOccurrences(ledger, run)) add(past);
  }
  return ran;
}

function pastOfRun(ledger: Ledger, run: Run, digest: string): CommandPast {
  const { acceptedAt, id, invocation, source } = run;
  const executions = stateCounts(ledger.phases(id)).total;
  const when = { firstRun: acceptedAt, lastRun: acceptedAt };
  return { digest, commit: source.commit, ...when, executions, invocations: [invocation] };
}

async function* pastOfOccurrences(ledger: Ledger, { id, invocation }: Run): AsyncGenerator<CommandPast> {
  for await (const [, each] of ledger.store.list('occurrence', { prefix: `${id}.` })) {
    const { occurrence, state } = each;
    const phases = state.is === 'over' ? state.phases : ledger.occurrencePhases(id, occurrence);
    const found = pastOf(each, invocation, stateCounts(phases).total);
    if (found !== undefined) yield found.past;
  }
}

function content(digest: string, edit: Edit | undefined, past: CommandPast | undefined): Content {
  return {
    contentDigest: digest,
    commit: edit?.commit ?? past?.commit ?? '',
    ...(edit?.at !== undefined && { recordedAt: edit.at }),
    ...(past !== undefined && { firstRun: past.firstRun, lastRun: past.lastRun }),
    executions: past?.executions ?? 0,
    invocations: [...(past?.invocations ?? [])],
  };
}

function lastSeen({ lastRun = '', recordedAt = '' }: Content): string {
  return lastRun > recordedAt ? lastRun : recordedAt;
}
