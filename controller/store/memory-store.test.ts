import { MemoryLevel } from 'memory-level';
import { memoryRows } from '../../test/support/memory-store.ts';
import { rowStore } from './row-store.ts';
import { storeContract } from './store.contract.ts';

storeContract('memory', async () => {
  let syncs = 0;
  const level = new MemoryLevel<string, string>();
  const rows = memoryRows(level, async (changes) => {
    await level.batch(changes);
    syncs += 1;
  });
  return {
    async open(newEpoch) {
      await level.open();
      return rowStore(rows, { newEpoch });
    },
    syncs: () => syncs,
    remove: async () => undefined,
  };
});
