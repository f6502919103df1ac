// What nothing refers to any more: old edits of Commands beyond the newest hundred, and scripts.
import type { Work } from '../run/run.ts';
import type { Ledger } from '../store/ledger.ts';
import type { Change } from '../store/port.ts';
import type { Removing } from './remove.ts';

/** So many contents of a Command can be looked up. */
export const contentsKept = 100;
const changesAtOnce = 100;

/** Removes the oldest edits of Commands that have too many; how many. */
export async function removeEdits({ ledger, pause }: Removing): Promise<number> {
  const keys = new Map<string, string[]>();
  for await (const [key] of ledger.store.list('commandEdit')) {
    const name = key.slice(0, key.indexOf(':'));
    const ofCommand = keys.get(name) ?? [];
    keys.set(name, ofCommand);
    ofCommand.push(key);
  }
  const changes = [...keys.values()].flatMap((ofCommand) =>
    ofCommand.slice(0, -contentsKept).map((key): Change => ({ delete: 'commandEdit', key })),
  );
  for (let from = 0; from < changes.length; from += changesAtOnce) {
    await ledger.commit(changes.slice(from, from + changesAtOnce));
    await pause();
  }
  return changes.length;
}

/** Removes the scripts that no run, occurrence, Command or edit refers to. */
export async function removeScripts({ ledger, pause }: Removing): Promise<void> {
  const inStore = new Set<string>();
  for await (const [, { state }] of ledger.store.list('occurrence'))
    if ('work' in state) addScript(inStore, state.work);
  for await (const [, { digest }] of ledger.store.list('commandEdit')) inStore.add(digest);

  let unused: string[] = [];
  const removeUnused = async () => {
    // What came since is in memory; from here to the commit nothing comes.
    const inMemory = scriptsInMemory(ledger);
    const gone = unused.filter((digest) => !inMemory.has(digest));
    unused = [];
    await ledger.commit(gone.map((key) => ({ delete: 'script', key })));
    await pause();
  };
  for await (const [digest] of ledger.store.list('script')) {
    if (!inStore.has(digest)) unused.push(digest);
    if (unused.length >= changesAtOnce) await removeUnused();
  }
  await removeUnused();
}

function scriptsInMemory(ledger: Ledger): Set<string> {
  const digests = new Set<string>();
  for (const { scriptDigest } of ledger.commands.values()) digests.add(scriptDigest);
  for (const { id, work } of ledger.runs.values()) {
    addScript(digests, work);
    for (const { state } of ledger.occurrences(id).values())
      if ('work' in state) addScript(digests, state.work);
  }
  return digests;
}

function addScript(digests: Set<string>, work: Work): void {
  if (work.does === 'run') digests.add(work.command.scriptDigest);
}
