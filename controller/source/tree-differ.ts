import { type Listed, parseChanges } from './listing.ts';
import { openGit, type Reader } from './open-git.ts';

/** Says what differs between two commits, through one open `git diff-tree`: nothing is started for a question. */
export interface TreeDiffer {
  /** Rejects if one of the commits is not there. */
  changes(from: string, to: string): Promise<Listed[]>;
  close(): Promise<void>;
}

export function openTreeDiffer(variables: Readonly<Record<string, string>>): TreeDiffer {
  const git = openGit(['diff-tree', '--stdin', '-r', '-z', '--no-renames', '--no-commit-id'], variables);
  return {
    async changes(from, to) {
      if (from === to) return [];
      // A line that is not an object id is printed as it is, and flushed: that marks the end. It cannot be part
      // of a path in these commits: a path would have to hold the id of the commit that it is in.
      const end = `end of ${to} since ${from}\n`;
      const output = await git.ask(`${to} ${from}\n${end}`, () => untilReader(Buffer.from(end)));
      return parseChanges(output);
    },
    close: () => git.close(),
  };
}

/** Everything before the mark. */
function untilReader(mark: Buffer): Reader<Buffer> {
  const chunks: Buffer[] = [];
  let tail = Buffer.alloc(0);
  return (chunk) => {
    chunks.push(chunk);
    tail = Buffer.concat([tail, chunk]).subarray(-mark.length);
    if (!tail.equals(mark)) return undefined;
    const all = Buffer.concat(chunks);
    return { answer: all.subarray(0, all.length - mark.length), rest: Buffer.alloc(0) };
  };
}
