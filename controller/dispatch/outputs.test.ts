import { expect, test } from 'vitest';
import { accept } from '../../test/support/edge.ts';
import { memoryStore } from '../../test/support/memory-store.ts';
import { openLedger } from '../store/open-ledger.ts';
import { openOutputs } from './outputs.ts';

test('an output that is borrowed again and again is counted once, and stays at hand', async () => {
  const ledger = await openLedger(await memoryStore());
  const [execution = ''] = await accept(ledger, 'a', [`mi-${'0'.repeat(20)}`]);
  const outputs = await openOutputs(ledger, 24 * 1024);
  for (let report = 0; report < 3000; report += 1) {
    await outputs.borrow(execution, true);
    outputs.add(execution, report * 24 * 1024, Buffer.alloc(24 * 1024));
    outputs.giveBack([execution]);
  }
  expect(outputs.has(execution)).toBe(true);
});
