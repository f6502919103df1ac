import { expect, test } from 'vitest';
import { someFacts } from '../../test/support/agent-client.ts';
import { memoryStore } from '../../test/support/memory-store.ts';
import { openLedger } from '../store/open-ledger.ts';
import { openForgetting } from './forget.ts';

test('a claim that comes again takes the place of the one before, as in the store', async () => {
  const ledger = await openLedger(await memoryStore());
  const publication = { caughtUp: () => true, isPublished: () => false };
  const forgetting = await openForgetting(ledger, publication);
  const id = `mi-${'0'.repeat(20)}`;
  const enrolled = {
    id,
    name: 'a',
    labels: {},
    ownLabels: {},
    publicKey: '',
    facts: someFacts,
    enrolledAt: '',
  };
  await ledger.commit([{ put: 'instance', key: id, value: { ...enrolled, offers: 9 } }]);
  const execution = `r-${'1'.repeat(24)}.once.${id}`;
  for (const offer of [3, 5])
    await ledger.commit([{ put: 'claim', key: execution, value: { execution, offer } }]);
  const afterRestart = await openForgetting(ledger, publication);
  expect([forgetting.forgetBefore(id), afterRestart.forgetBefore(id)]).toEqual([5, 5]);
});
