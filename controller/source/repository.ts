// A Git folder of ours, opened for reading: what both kinds of source are made from. Objects and differences come
// from processes that are kept open; a new one is started only for the first listing and for a history question
// that is not about the parent.
import { type GitEnvironment, gitVariables, runGit } from './git.ts';
import { type Listed, parseTree } from './listing.ts';
import { type ObjectReader, openObjectReader } from './object-reader.ts';
import { openTreeDiffer } from './tree-differ.ts';

export interface Repository {
  objects: Pick<ObjectReader, 'read'>;
  has(commit: string): Promise<boolean>;
  /** The object that one of our refs (refs/groundcrew/…) names. */
  resolve(ref: string): Promise<string | undefined>;
  list(commit: string): Promise<Listed[]>;
  /** Rejects if one of them is not there. */
  changes(from: string, to: string): Promise<Listed[]>;
  isAncestor(ancestor: string, commit: string): Promise<boolean>;
  /** Points one of our refs at a commit. */
  setRef(ref: string, commit: string): Promise<void>;
  close(): Promise<void>;
}

/** `more` is added to the environment: where a local repository has its objects, for example. */
export function openRepository(
  gitDir: string,
  environment: GitEnvironment,
  more: Readonly<Record<string, string>> = {},
): Repository {
  const variables = gitVariables(environment, [], { ...more, GIT_DIR: gitDir });
  const objects = openObjectReader(variables);
  const differ = openTreeDiffer(variables);

  const has = async (commit: string): Promise<boolean> => {
    if (!isObjectId(commit)) return false;
    const [info] = await objects.info([commit]);
    return info?.type === 'commit';
  };

  return {
    objects,
    has,
    resolve: async (ref) => (await objects.info([ref]))[0]?.oid,
    async list(commit) {
      const { exitCode, stdout, stderr } = await runGit(
        ['ls-tree', '-r', '-z', '--full-tree', mustBeObjectId(commit)],
        { variables, maxOutput: largestListing },
      );
      if (exitCode !== 0) throw new Error(`the files of ${commit} cannot be listed: ${stderr.trim()}`);
      return parseTree(stdout);
    },
    changes: (from, to) => differ.changes(mustBeObjectId(from), mustBeObjectId(to)),
    async isAncestor(ancestor, commit) {
      if (!(await has(ancestor)) || !(await has(commit))) return false;
      if (ancestor === commit || (await parentsOf(commit, objects)).includes(ancestor)) return true;
      const { exitCode } = await runGit(['merge-base', '--is-ancestor', ancestor, commit], { variables });
      // 0 yes, 1 no; anything else is a history with holes, which proves nothing.
      return exitCode === 0;
    },
    async setRef(ref, commit) {
      const { exitCode, stderr } = await runGit(['update-ref', ref, mustBeObjectId(commit)], { variables });
      if (exitCode !== 0) throw new Error(`${ref} cannot be set: ${stderr.trim()}`);
    },
    async close() {
      await Promise.all([objects.close(), differ.close()]);
    },
  };
}

/** Bytes that a listing may have: some millions of files. */
const largestListing = 480 * 1024 * 1024;

/** The usual question is about a commit and its parent: the commit itself has the answer. */
async function parentsOf(commit: string, objects: ObjectReader): Promise<string[]> {
  const content = (await objects.read([commit], 1024 * 1024)).get(commit);
  if (!Buffer.isBuffer(content)) return [];
  const header = content.toString('latin1').split('\n\n', 1)[0] ?? '';
  return [...header.matchAll(/^parent ([0-9a-f]+)$/gm)].map(([, parent]) => parent ?? '');
}

export function isObjectId(text: string): boolean {
  return /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}

function mustBeObjectId(text: string): string {
  if (isObjectId(text)) return text;
  throw new Error('not an object id');
}
