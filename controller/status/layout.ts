// Where each document stands on the branch:
//
//   README.md
//   controller.yaml
//   commands/<xx>/<name>.yaml
//   invocations/<xx>/<name>.yaml
//   instances/<xx>/<id>.yaml
//
// xx is the beginning of the name's SHA-256: 100,000 documents make 256 folders of some 400 entries. A changed
// file costs new tree objects for its folder and the folders above it, so what a commit adds to the repository
// stays bounded however many documents there are.
import { sha256 } from '../../schemas/digest.ts';

export const folders = ['commands', 'instances', 'invocations'] as const;
export type Folder = (typeof folders)[number];

/** Names a document: `controller`, `readme`, or folder and name. */
export type DocumentKey = 'controller' | 'readme' | `${Folder}/${string}`;

/** Path on the branch of the document with this key. */
export function pathOf(key: DocumentKey): string {
  if (key === 'controller') return 'controller.yaml';
  if (key === 'readme') return 'README.md';
  const slash = key.indexOf('/');
  const name = key.slice(slash + 1);
  return `${key.slice(0, slash)}/${sha256(name).slice(0, 2)}/${name}.yaml`;
}

/** Key of the document that belongs at this path; undefined if the path is none of ours. */
export function keyOf(path: string): DocumentKey | undefined {
  if (path === 'controller.yaml') return 'controller';
  if (path === 'README.md') return 'readme';
  const [folder, , file = '', ...more] = path.split('/');
  const known = folders.find((one) => one === folder);
  if (known === undefined || more.length > 0 || !file.endsWith('.yaml')) return undefined;
  const key = documentKey(known, file.slice(0, -'.yaml'.length));
  return pathOf(key) === path ? key : undefined;
}

export function documentKey(folder: Folder, name: string): DocumentKey {
  return `${folder}/${name}`;
}

/** Folder and name of a key; undefined for the two documents that stand alone. */
export function partsOf(key: DocumentKey): { folder: Folder; name: string } | undefined {
  const folder = folders.find((one) => key.startsWith(`${one}/`));
  return folder === undefined ? undefined : { folder, name: key.slice(folder.length + 1) };
}
