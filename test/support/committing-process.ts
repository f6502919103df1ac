// Commits to the store in the folder that it is told until it is killed. Each commit n puts three rows; a line
// with n follows once it is acknowledged. Sixteen commits are under way at a time.
import { writeSync } from 'node:fs';
import { openLevelStore } from '../../controller/store/level-store.ts';

const [folder = '', first = '0'] = process.argv.slice(2);
const store = await openLevelStore(folder, { newEpoch: () => 'epoch' });
let next = Number(first);

async function commitForever(): Promise<never> {
  for (;;) {
    const n = next++;
    const key = String(n).padStart(8, '0');
    await store.commit([
      { put: 'meta', key, value: n },
      { put: 'script', key, value: { text: `echo ${n}`.repeat(20) } },
      { put: 'ack', key, value: { by: 'ann', reason: String(n), at: '' } },
    ]);
    writeSync(1, `${n}\n`);
  }
}

await Promise.all(Array.from({ length: 16 }, commitForever));
