import type { Blob } from '../../schemas/generated/wire.ts';

/**
 * Contents by their SHA-256: files to send, and scripts that are too large for the store. Every implementation
 * passes blobs.contract.ts. What a run needs is kept before the run is accepted, and until nothing needs it.
 */
export interface Blobs {
  /** The digests of what is kept. */
  readonly kept: ReadonlySet<string>;
  /** On disk when it resolves. Rejects, and keeps nothing, if there is no room or if the bytes are other ones. */
  keep(blob: Blob, bytes: Buffer): Promise<void>;
  /**
   * At most so many bytes from the offset on. Undefined if it is not kept, or is not any more what it was: then it
   * is kept no longer. Rejects if the disk cannot be read.
   */
  read(blob: Blob, offset: number, length: number): Promise<Buffer | undefined>;
  forget(sha256: string): Promise<void>;
}
