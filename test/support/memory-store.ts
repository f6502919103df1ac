import { MemoryLevel } from 'memory-level';
import type { Store } from '../../controller/store/port.ts';
import { rowStore } from '../../controller/store/row-store.ts';

/** A store that forgets everything when the test ends; otherwise the same code as the one on disk. */
export function memoryStore(epoch = 'memory'): Promise<Store> {
  const level = new MemoryLevel<string, string>({ keyEncoding: 'utf8', valueEncoding: 'utf8' });
  return rowStore(level, { newEpoch: () => epoch });
}
