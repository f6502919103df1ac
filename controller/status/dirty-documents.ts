// Which documents may have changed since they were last rendered.
import { executionParts } from '../../schemas/identity.ts';
import type { Outcome } from '../reconcile/outcome.ts';
import type { Ledger } from '../store/ledger.ts';
import type { Change } from '../store/port.ts';
import { type DocumentKey, documentKey } from './layout.ts';

/** Everything that the controller has something to say about. */
export function allDocuments(ledger: Ledger, outcome: Outcome): Set<DocumentKey> {
  const keys = new Set<DocumentKey>(['readme', 'controller']);
  for (const name of ledger.commands.keys()) keys.add(documentKey('commands', name));
  for (const id of ledger.instances.keys()) keys.add(documentKey('instances', id));
  for (const name of ledger.invocations.keys()) keys.add(documentKey('invocations', name));
  for (const name of outcome.invocationConditions.keys()) keys.add(documentKey('invocations', name));
  return keys;
}

/**
 * Documents that these changes may show in. `names` is what instances were called: an invocation's document shows
 * names too, so one that is renamed is in all of them.
 */
export function* changedDocuments(
  ledger: Ledger,
  changes: readonly Change[],
  names: Map<string, string>,
): Generator<DocumentKey> {
  for (const change of changes) {
    const table = 'put' in change ? change.put : change.delete;
    switch (table) {
      case 'command':
        yield documentKey('commands', change.key);
        break;
      case 'invocation':
        yield documentKey('invocations', change.key);
        break;
      case 'instance':
        yield documentKey('instances', change.key);
        yield* renamed(ledger, change.key, names);
        break;
      case 'run':
        yield* invocationOf(ledger, change.key);
        break;
      case 'occurrence':
      case 'memberStop':
        yield* invocationOf(ledger, change.key.split('.')[0]);
        break;
      case 'execution':
        yield* invocationOf(ledger, executionParts(change.key)?.run);
        break;
      case 'output':
        // While it runs its output is not shown.
        if (ledger.live(change.key) === undefined)
          yield* invocationOf(ledger, executionParts(change.key)?.run);
        break;
      case 'ack':
      case 'claim':
      case 'commandEdit':
      case 'commandPast':
      case 'enrolmentCode':
      case 'meta':
      case 'script':
      case 'token':
        break;
    }
  }
}

function* invocationOf(ledger: Ledger, run: string | undefined): Generator<DocumentKey> {
  const invocation = run === undefined ? undefined : ledger.runs.get(run)?.invocation;
  if (invocation !== undefined) yield documentKey('invocations', invocation);
}

function* renamed(ledger: Ledger, id: string, names: Map<string, string>): Generator<DocumentKey> {
  const before = names.get(id);
  const name = ledger.instances.get(id)?.name;
  if (name === undefined) names.delete(id);
  else names.set(id, name);
  if (before === undefined || before === name) return;
  for (const invocation of ledger.invocations.keys()) yield documentKey('invocations', invocation);
}

/** Documents that the difference between two outcomes may show in. */
export function* reconsideredDocuments(before: Outcome, after: Outcome): Generator<DocumentKey> {
  yield 'controller';
  const [old, now] = [before.invocationConditions, after.invocationConditions];
  if (old === now) return;
  for (const name of new Set([...old.keys(), ...now.keys()])) {
    const [left, right] = [old.get(name), now.get(name)];
    if (left !== right && JSON.stringify(left) !== JSON.stringify(right))
      yield documentKey('invocations', name);
  }
}
