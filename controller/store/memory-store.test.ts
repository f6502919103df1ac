import { MemoryLevel } from 'memory-level';
import { rowStore } from './row-store.ts';
import { storeContract } from './store.contract.ts';

storeContract('memory', async () => {
  let syncs = 0;
  const level = new MemoryLevel<string, string>();
  return {
    async open(newEpoch) {
      await level.open();
      return rowStore(
        {
          get: (key) => level.get(key),
          iterator: (range) => level.iterator(range),
          close: () => level.close(),
          async batch(changes) {
            await level.batch(changes);
            syncs += 1;
          },
        },
        { newEpoch },
      );
    },
    syncs: () => syncs,
    remove: async () => undefined,
  };
});
