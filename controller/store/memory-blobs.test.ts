import { memoryBlobs } from '../../test/support/memory-blobs.ts';
import { blobsContract } from './blobs.contract.ts';

blobsContract('memory', async () => {
  const contents = new Map<string, Buffer>();
  return { open: async () => memoryBlobs(contents), remove: async () => undefined };
});
