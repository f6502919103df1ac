import type { StatusDocument } from '../../schemas/generated/status.ts';
import { type BranchFault, branchFault } from './branch-fault.ts';
import { findTip } from './find-tip.ts';
import { keyOf } from './layout.ts';
import { readStatusFile } from './recover.ts';
import { RepositoryBroken, type StatusRepository } from './status-repository.ts';

export type BranchContent = { is: 'documents'; documents: StatusDocument[] } | BranchFault;

/**
 * Every document of the status branch; none if there is no such branch. A document that cannot be read is a fault:
 * what it recorded would be forgotten, and would run again.
 */
export async function readBranch(repository: StatusRepository): Promise<BranchContent> {
  try {
    const tip = await findTip(repository);
    if (tip.is === 'fault') return tip;
    const ours = [...tip.files].filter(([path]) => path.endsWith('.yaml') && keyOf(path) !== undefined);
    const documents: StatusDocument[] = [];
    for (const [path, text] of await contents(repository, ours)) {
      const read = readStatusFile(text);
      if (read.is === 'unreadable') return unreadable(path, read.message);
      documents.push(read.document);
    }
    return { is: 'documents', documents };
  } catch (error) {
    if (error instanceof RepositoryBroken) return branchFault('RepositoryBroken', error.message);
    throw error;
  }
}

function unreadable(path: string, message: string): BranchFault {
  const hint =
    'Restore the file from the history of the branch; the controller starts when all of it can be read.';
  return branchFault('RepositoryBroken', `${path} on the status branch cannot be read: ${message}`, hint);
}

/** Texts by path, through one cat-file. */
async function contents(
  { local }: StatusRepository,
  files: readonly (readonly [path: string, blob: string])[],
): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  if (files.length === 0) return texts;
  const output = await local(['cat-file', '--batch'], `${files.map(([, blob]) => blob).join('\n')}\n`);
  let position = 0;
  for (const [path] of files) {
    // ID SP type SP size LF content LF
    const lineEnd = output.indexOf(10, position);
    const size = Number(output.toString('latin1', position, lineEnd).split(' ')[2]);
    if (!Number.isInteger(size))
      throw new RepositoryBroken(`${path} is missing from the copy of the status branch`);
    texts.set(path, output.toString('utf8', lineEnd + 1, lineEnd + 1 + size));
    position = lineEnd + 1 + size + 1;
  }
  return texts;
}
