// A blob that the disk has lost is fetched from Git again, as long as a commit has it that is still there.
import type { Blob } from '../../schemas/generated/wire.ts';
import type { Catalog, Content } from '../manifest/catalog.ts';
import { makeParseCache, type ParseCache, readCatalog } from '../manifest/read-catalog.ts';
import type { Snapshot } from '../source/snapshot.ts';
import type { Source } from '../source/source.ts';
import type { Blobs } from '../store/blobs.ts';
import { keepContent } from './keep-blobs.ts';

/** Where a blob may come from: the commit that is in force, as it was read last. */
export interface InForce {
  snapshot?: Snapshot;
  catalog?: Catalog;
  parsed: Pick<ParseCache, 'limits'>;
}

/** Whether the blob is kept again. `commit` is the one that the run was accepted from. Rejects if the disk is full. */
export async function refetchBlob(
  { sha256 }: Blob,
  commit: string,
  { catalog, snapshot, parsed }: InForce,
  source: Source,
  blobs: Blobs,
): Promise<boolean> {
  const content = catalog && findContent(catalog, sha256);
  if (content !== undefined && snapshot !== undefined) {
    await keepContent(content, snapshot, blobs);
    return true;
  }
  if (!(await source.has(commit))) return false;
  const old = await source.snapshot(commit);
  const oldContent = findContent(await readCatalog(old, makeParseCache(parsed.limits)), sha256);
  if (oldContent === undefined) return false;
  await keepContent(oldContent, old, blobs);
  return true;
}

function findContent({ commands, invocations }: Catalog, sha256: string): Content | undefined {
  for (const { does } of invocations.values()) {
    const content = 'send' in does ? does.content : 'inline' in does ? does.inline.large : undefined;
    if (content?.blob.sha256 === sha256) return content;
  }
  for (const { spec } of commands.values()) if (spec.large?.blob.sha256 === sha256) return spec.large;
  return undefined;
}
