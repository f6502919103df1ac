import { type ObjectFormat, objectFormatOf } from '../source/git-folder.ts';
import { type BranchFault, faultOf } from './branch-fault.ts';
import { folders } from './layout.ts';
import { type StatusRepository, tipRef } from './status-repository.ts';

/** What the branch holds on the remote. */
export interface Tip {
  is: 'tip';
  /** Undefined if there is no such branch. */
  commit?: string;
  /** How the remote names its objects. */
  format: ObjectFormat;
  /** Blob ids by path, of the documents' folders and of the top folder. */
  files: Map<string, string>;
}

/**
 * Asks the remote where the branch is and brings it here, if it is not `known` already. Afterwards the ref of the
 * copy is where the branch is, so that the next commit is made on it.
 */
export async function findTip(repository: StatusRepository, known?: Tip): Promise<Tip | BranchFault> {
  const asked = await askForBranch(repository);
  if (asked.is === 'fault') return asked;
  const { commit, format } = asked;
  await repository.useFormat(format);
  const local = await localTip(repository);
  if (commit === undefined) {
    if (local !== undefined) await repository.local(['update-ref', '-d', tipRef]);
    return { is: 'tip', format, files: new Map() };
  }
  if (known?.commit === commit) {
    if (local !== commit) await repository.local(['update-ref', tipRef, commit]);
    return known;
  }
  if (local !== commit) {
    const fault = await fetchBranch(repository, local === undefined);
    if (fault !== undefined) return fault;
  }
  return readTip(repository, (await localTip(repository)) ?? commit);
}

async function askForBranch(
  repository: StatusRepository,
): Promise<{ is: 'at'; commit?: string; format: ObjectFormat } | BranchFault> {
  const { address, ref } = repository;
  const answer = await listRefs(repository, ref, 'HEAD');
  if ('is' in answer) return answer;
  if (answer.exitCode !== 0) return faultOf(answer.stderr, address);
  const commit = idsByRef(answer.stdout).get(ref);
  if (commit !== undefined) return { is: 'at', commit, format: objectFormatOf(commit) };
  // Any id tells the format. A repository without a commit has none to tell, and is asked again when it has.
  const [any = await anyBranch(repository)] = idsByRef(answer.stdout).values();
  return { is: 'at', format: objectFormatOf(any) };
}

async function anyBranch(repository: StatusRepository): Promise<string> {
  const answer = await listRefs(repository, 'refs/heads/*');
  const [id = ''] = 'is' in answer ? [] : idsByRef(answer.stdout).values();
  return id;
}

function listRefs({ remote, url }: StatusRepository, ...refs: string[]) {
  return remote(['ls-remote', '--', url, ...refs]);
}

function idsByRef(stdout: Buffer): Map<string, string> {
  const lines = stdout.toString().split('\n');
  return new Map(
    lines.flatMap((line) => {
      const [id, name] = line.split('\t');
      return id === undefined || name === undefined ? [] : [[name, id]];
    }),
  );
}

/**
 * The plus sign is about the ref of the copy: it goes where the branch is, also if somebody moved that back.
 * Nothing here needs the past, so a new copy begins with the newest commit.
 */
async function fetchBranch(
  { remote, address, url, ref }: StatusRepository,
  isNew: boolean,
): Promise<BranchFault | undefined> {
  const options = ['--no-tags', '--no-write-fetch-head', '--verbose', ...(isNew ? ['--depth=1'] : [])];
  const answer = await remote(['fetch', ...options, '--', url, `+${ref}:${tipRef}`]);
  if ('is' in answer) return answer;
  return answer.exitCode === 0 ? undefined : faultOf(answer.stderr, address);
}

async function localTip({ local }: StatusRepository): Promise<string | undefined> {
  const text = (await local(['for-each-ref', '--format=%(objectname)', tipRef])).toString().trim();
  return text === '' ? undefined : text;
}

/** One listing: blob ids are compared with those of our own bytes, so no content has to be read. */
async function readTip({ local }: StatusRepository, commit: string): Promise<Tip> {
  const files = new Map<string, string>();
  const listing = (await local(['ls-tree', '-r', '-z', '--full-tree', commit])).toString();
  for (const entry of listing.split('\0')) {
    // mode SP type SP id TAB path; a file of ours with another mode is not what we wrote.
    const [head = '', path] = entry.split('\t', 2);
    if (path === undefined || !mayBeOurs(path)) continue;
    files.set(path, head.startsWith('100644 blob ') ? head.slice('100644 blob '.length) : head);
  }
  return { is: 'tip', commit, format: objectFormatOf(commit), files };
}

function mayBeOurs(path: string): boolean {
  return !path.includes('/') || folders.some((folder) => path.startsWith(`${folder}/`));
}
