import { setImmediate } from 'node:timers/promises';
import type { ObjectFormat } from '../source/git-folder.ts';
import { blobId, type FileContent } from './commit-files.ts';
import type { Documents } from './documents.ts';
import { emitYaml } from './emit-yaml.ts';
import { type DocumentKey, partsOf, pathOf } from './layout.ts';

export interface RenderedFile {
  key: DocumentKey;
  path: string;
  /** Undefined if there is no such document: its file goes. */
  content: FileContent;
  /** Git's id of the content; '' if there is none. */
  blob: string;
}

/** So many documents are read from the store at once. */
const atOnce = 64;

/** The files of these documents, in their order, with ids of this format. Lets others work in between. */
export async function render(
  documents: Documents,
  keys: Iterable<DocumentKey>,
  format: ObjectFormat,
): Promise<RenderedFile[]> {
  const all = [...keys];
  const files: RenderedFile[] = [];
  for (let from = 0; from < all.length; from += atOnce) {
    files.push(
      ...(await Promise.all(all.slice(from, from + atOnce).map((key) => renderFile(documents, key, format)))),
    );
    await setImmediate();
  }
  return files;
}

async function renderFile(
  documents: Documents,
  key: DocumentKey,
  format: ObjectFormat,
): Promise<RenderedFile> {
  const text = await textOf(documents, key);
  const content = text === undefined ? undefined : Buffer.from(text);
  return { key, path: pathOf(key), content, blob: content === undefined ? '' : blobId(content, format) };
}

const readme = `What groundcrew knows of its Commands, Invocations and instances, one file each.
The controller writes this branch. Do not edit it: what is changed here is put back.
To change what runs, change the manifests.
`;

async function textOf(documents: Documents, key: DocumentKey): Promise<string | undefined> {
  if (key === 'readme') return readme;
  const document = await documentOf(documents, key);
  return document && emitYaml(document);
}

async function documentOf(documents: Documents, key: DocumentKey) {
  const parts = partsOf(key);
  switch (parts?.folder) {
    case undefined:
      return publicController(documents);
    case 'commands':
      return documents.commandDocument(parts.name);
    case 'instances':
      return documents.instanceDocument(parts.name);
    case 'invocations':
      return documents.invocationDocument(parts.name);
  }
}

/** Without how this branch itself is doing: as long as that is bad it cannot be read here. */
function publicController(documents: Documents) {
  const document = documents.controllerDocument();
  const conditions = document.status.conditions.filter(({ type }) => type !== 'StatusBranchReady');
  return { ...document, status: { ...document.status, conditions } };
}
