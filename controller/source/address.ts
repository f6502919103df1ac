import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isLoopback } from '../../schemas/loopback.ts';
import { Refused } from './refused.ts';

/** Where a repository is. `url` is what git is given; it never carries a credential. */
export type Address =
  | { is: 'https'; url: string; origin: string }
  /** Only on the loopback: for a try-out and for tests. */
  | { is: 'http'; url: string; origin: string }
  | { is: 'ssh'; url: string; host: string }
  | { is: 'folder'; path: string };

/** Reads what --repo says. A relative folder counts from `workingFolder`. Throws Refused. */
export function parseAddress(repo: string, workingFolder: string): Address {
  if (repo === '' || /[\u0000-\u0020\u007f]/.test(repo[0] ?? '') || /[\u0000-\u001f\u007f]/.test(repo)) {
    throw new Refused('the repository address is empty or has control characters', usual);
  }
  if (repo.startsWith('-')) throw new Refused(`the repository address "${repo}" looks like an option`, usual);
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(repo)?.[1]?.toLowerCase();
  if (scheme !== undefined) return parseUrl(repo, scheme);
  if (/^[A-Za-z0-9-]+::/.test(repo)) {
    throw new Refused('remote helpers ("helper::address") are not allowed as a repository address', usual);
  }
  return scp(repo) ?? { is: 'folder', path: isAbsolute(repo) ? repo : resolve(workingFolder, repo) };
}

/** The address as it may be shown. */
export function showAddress(address: Address): string {
  return address.is === 'folder' ? address.path : address.url;
}

const usual =
  'Use https://host/path, ssh://user@host/path, user@host:path, or the folder of a local repository.';

function parseUrl(repo: string, scheme: string): Address {
  if (!URL.canParse(repo)) throw new Refused('the repository address is not a valid URL', usual);
  const url = new URL(repo);
  if (url.password !== '' || (url.username !== '' && scheme !== 'ssh')) {
    throw new Refused(
      `the repository address for ${url.host} has a credential in it`,
      'Take it out of the URL and put it into a file that only the controller can read: --read-token-file FILE.',
    );
  }
  if (url.search !== '' || url.hash !== '') {
    throw new Refused(`the repository address for ${url.host} has a query or a fragment`, usual);
  }
  switch (scheme) {
    case 'https':
      return { is: 'https', url: url.href, origin: url.origin };
    case 'http':
      if (isLoopback(url.hostname)) return { is: 'http', url: url.href, origin: url.origin };
      throw new Refused(
        `http:// to ${url.host} would send everything, credentials too, in the clear`,
        'Use https://. Plain http:// is allowed on the loopback only.',
      );
    case 'ssh':
      if (url.hostname.startsWith('-') || url.username.startsWith('-')) {
        throw new Refused('the ssh host or user starts with "-"', usual);
      }
      return { is: 'ssh', url: url.href, host: url.hostname };
    case 'file':
      return { is: 'folder', path: folderOf(url) };
    default:
      throw new Refused(`${scheme}:// is not allowed as a repository address`, usual);
  }
}

/** user@host:path, as scp writes it. A slash before the colon makes it a folder, as git has it too. */
function scp(repo: string): Address | undefined {
  const match = /^(?:([A-Za-z0-9._][A-Za-z0-9._-]*)@)?([A-Za-z0-9][A-Za-z0-9.-]*):(?!\/\/)(.+)$/.exec(repo);
  if (match === null) {
    if (/^[^/]*@[^/]*:/.test(repo))
      throw new Refused('the ssh user or host has characters that are not allowed', usual);
    return undefined;
  }
  return { is: 'ssh', url: repo, host: match[2] ?? '' };
}

function folderOf(url: URL): string {
  if (url.host !== '') throw new Refused('a file:// address must not name a host', usual);
  return fileURLToPath(url);
}
