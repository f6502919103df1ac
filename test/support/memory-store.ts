import { MemoryLevel } from 'memory-level';
import type { Store } from '../../controller/store/port.ts';
import { rowStore } from '../../controller/store/row-store.ts';
import type { Rows } from '../../controller/store/rows.ts';

/** A store that forgets everything when the test ends; otherwise the same code as the one on disk. */
export function memoryStore(epoch = 'memory'): Promise<Store> {
  return rowStore(memoryRows(new MemoryLevel()), { newEpoch: () => epoch });
}

/** The rows of a database in memory; `batch` takes the place of its own, to watch it or to let it fail. */
export function memoryRows(
  level: MemoryLevel<string, string>,
  batch: Rows['batch'] = (changes) => level.batch(changes),
): Rows {
  return {
    get: (key) => level.get(key),
    iterator: (range) => level.iterator(range),
    close: () => level.close(),
    batch,
  };
}
