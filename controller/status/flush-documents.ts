import type { Outcome } from '../reconcile/outcome.ts';
import type { Ledger } from '../store/ledger.ts';
import { type BranchFault, branchFault } from './branch-fault.ts';
import type { Documents } from './documents.ts';
import type { Tip } from './find-tip.ts';
import { type DocumentKey, keyOf, partsOf } from './layout.ts';
import { type RenderedFile, render } from './render.ts';
import type { StatusBranch } from './status-branch.ts';
import { subjectOf } from './subject.ts';

export type Flushed = { is: 'published'; commit: string; files: number } | { is: 'unchanged' } | BranchFault;

export interface FlushContext {
  ledger: Ledger;
  documents: Documents;
  outcome: () => Outcome;
  branch: StatusBranch;
  /** Blob ids by path of what was rendered last; '' where there is no document. */
  rendered: Map<string, string>;
  /** The listing of the branch that `rendered` was compared with; undefined to compare again. */
  compared: Tip['files'] | undefined;
  now: () => number;
  /** Waits before attempt n of a lost race. */
  pause: (attempt: number) => Promise<void>;
}

const tries = 8;

/**
 * Brings the files of these documents onto the branch, in one commit if one is needed. What somebody else changed
 * in our files meanwhile is put back with it. Nothing is shown that is not on disk.
 */
export async function flushDocuments(context: FlushContext, keys: Iterable<DocumentKey>): Promise<Flushed> {
  const { branch, documents, ledger, rendered } = context;
  const wanted = new Set(keys);
  for (let attempt = 1; attempt <= tries; attempt += 1) {
    const tip = await branch.tip();
    if (tip.is === 'fault') return tip;
    if (tip.files !== context.compared) for (const key of altered(tip, rendered)) wanted.add(key);
    await ledger.settled();
    const files = await render(documents, wanted, tip.format);
    await ledger.settled();
    for (const { path, blob } of files) rendered.set(path, blob);
    const changed = files.filter(({ path, blob }) => (tip.files.get(path) ?? '') !== blob);
    if (changed.length === 0) {
      context.compared = tip.files;
      return { is: 'unchanged' };
    }
    const put = await branch.put(
      new Map(changed.map(({ path, content }) => [path, content])),
      new Map(changed.map(({ path, blob }) => [path, blob])),
      messageOf(context, changed),
    );
    if (put.is === 'fault') return put;
    if (put.is === 'put') {
      context.compared = tip.files;
      return { is: 'published', commit: put.commit, files: changed.length };
    }
    await context.pause(attempt);
  }
  return branchFault('RaceLost', `the status branch was moved by somebody else ${tries} times in a row`);
}

/** Documents whose file on the branch is not what was rendered last. */
function* altered(tip: Tip, rendered: ReadonlyMap<string, string>): Generator<DocumentKey> {
  for (const [path, blob] of rendered) {
    if ((tip.files.get(path) ?? '') === blob) continue;
    const key = keyOf(path);
    if (key !== undefined) yield key;
  }
}

function messageOf({ now, outcome }: FlushContext, changed: readonly RenderedFile[]) {
  const keys = changed.map(({ key }) => key);
  return { subject: subjectOf(keys, outcome().acceptedCommit), at: Math.floor(now() / 1000) };
}

/**
 * Files on the branch of Commands that are no more. Only Commands: what is known of Invocations and instances is
 * never taken away because this store does not know it; a controller with an empty store starts from it.
 */
export function goneCommands(ledger: Ledger, tip: Tip): DocumentKey[] {
  if (ledger.commands.size === 0 && ledger.invocations.size === 0) return [];
  return [...tip.files.keys()].flatMap((path) => {
    const key = path.startsWith('commands/') ? keyOf(path) : undefined;
    const name = key && partsOf(key)?.name;
    return key === undefined || name === undefined || ledger.commands.has(name) ? [] : [key];
  });
}
