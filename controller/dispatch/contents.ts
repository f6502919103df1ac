// Files and large scripts as agents get them: small ones in the order, the others piece by piece.
import type { Logger } from 'pino';
import type { Blob } from '../../schemas/generated/wire.ts';
import type { Blobs } from '../store/blobs.ts';
import { makeRecent } from './recent.ts';

/** Files up to so many bytes go with the order: 32 KiB in Base64. */
const inlineBytes = (32 * 1024 * 3) / 4;

const kept = 64;

export interface Contents {
  /**
   * A small file in Base64, at once where it is at hand; any other one is fetched. Undefined if nobody has it any
   * more. `commit` is the one that its run was accepted from.
   */
  inline(blob: Blob, commit: string): Inline | Promise<Inline>;
  /** Bytes from the offset on. Undefined if nobody has it any more; rejects if that cannot be known now. */
  piece(blob: Blob, commit: string, offset: number, length: number): Promise<Buffer | undefined>;
}

export type Inline = string | typeof fetched | undefined;

/** In the place of what does not go with the order. */
export const fetched = Symbol('the agent fetches it');

export interface ContentsNeeds {
  blobs: Blobs;
  /** Fetches what the disk has lost from Git again, and says whether that worked. Declared here, given by main.ts. */
  refetch(blob: Blob, commit: string): Promise<boolean>;
  log: Logger;
}

export function openContents({ blobs, refetch, log }: ContentsNeeds): Contents {
  const recent = makeRecent<string>(kept);
  const underWay = new Map<string, Promise<boolean>>();

  /** Once at a time for each, however many ask. */
  const refetchOnce = (blob: Blob, commit: string): Promise<boolean> => {
    const known = underWay.get(blob.sha256);
    if (known !== undefined) return known;
    log.error({ blob: blob.sha256 }, 'The content of a run was lost and is fetched from Git again');
    const fetching = refetch(blob, commit).finally(() => underWay.delete(blob.sha256));
    underWay.set(blob.sha256, fetching);
    return fetching;
  };

  const piece: Contents['piece'] = async (blob, commit, offset, length) => {
    const there = await blobs.read(blob, offset, length);
    if (there !== undefined) return there;
    return (await refetchOnce(blob, commit)) ? await blobs.read(blob, offset, length) : undefined;
  };

  return {
    piece,
    inline(blob, commit) {
      if (blob.size > inlineBytes) return fetched;
      const known = recent.get(blob.sha256);
      if (known !== undefined) return known;
      return piece(blob, commit, 0, blob.size).then(
        (bytes) => bytes && recent.keep(blob.sha256, bytes.toString('base64')),
        // What cannot be read now must not hold up the other orders: whoever fetches it tries again.
        () => fetched,
      );
    },
  };
}
