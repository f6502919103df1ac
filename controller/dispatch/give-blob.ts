import type { BlobAnswer, BlobRequest } from '../../schemas/generated/wire.ts';
import { blobOfWork } from '../run/run.ts';
import type { Ledger } from '../store/ledger.ts';
import type { Contents } from './contents.ts';
import { type Answered, done, refuse } from './refusal.ts';
import type { Session } from './session.ts';
import { workOf } from './work-of.ts';

const pieceBytes = 1024 * 1024;

/** A piece of a blob, if something that this instance has to do needs it. */
export async function giveBlob(
  ledger: Ledger,
  contents: Contents,
  { instance }: Session,
  { sha256, offset }: BlobRequest,
): Promise<Answered<BlobAnswer>> {
  for (const execution of ledger.liveOn(instance).values()) {
    const work = workOf(ledger, execution);
    const blob = work && blobOfWork(work);
    const run = ledger.runs.get(execution.run);
    if (blob?.sha256 !== sha256 || run === undefined) continue;
    const piece = await contents.piece(blob, run.source.commit, offset, pieceBytes);
    return piece === undefined
      ? refuse('BlobGone')
      : done({ size: blob.size, data: piece.toString('base64') });
  }
  return refuse('BlobUnknown');
}
