import type { Catalog } from '../manifest/catalog.ts';
import { blobOfWork, type Work } from '../run/run.ts';
import type { Blobs } from '../store/blobs.ts';
import type { Ledger } from '../store/ledger.ts';

/** Removes what nothing needs any more: no run that can still change or that is in force, no Command, no manifest. */
export async function forgetBlobs(blobs: Blobs, ledger: Ledger, catalog: Catalog): Promise<void> {
  if (blobs.kept.size === 0) return;
  const unneeded = new Set(blobs.kept);
  const needs = (sha256: string | undefined) => sha256 !== undefined && unneeded.delete(sha256);
  const needsWork = (work: Work | undefined) => needs(work && blobOfWork(work)?.sha256);
  for (const run of ledger.runs.values()) {
    if (run.settled !== undefined) continue;
    needsWork(run.work);
    for (const { state } of ledger.occurrences(run.id).values())
      if (state.is === 'fired') needsWork(state.work);
  }
  for (const { run, deleted } of ledger.invocations.values())
    if (deleted === undefined) needsWork(ledger.runs.get(run)?.work);
  for (const { blob } of ledger.commands.values()) needs(blob?.sha256);
  for (const { spec } of catalog.commands.values()) needs(spec.large?.blob.sha256);
  for (const { does } of catalog.invocations.values()) {
    if ('send' in does) needs(does.content.blob.sha256);
    if ('inline' in does) needs(does.inline.large?.blob.sha256);
  }
  for (const sha256 of unneeded) await blobs.forget(sha256);
}
