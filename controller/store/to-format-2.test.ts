import { MemoryLevel } from 'memory-level';
import { expect, test } from 'vitest';
import { memoryRows } from '../../test/support/memory-store.ts';
import { openLedger } from './open-ledger.ts';
import { rowStore } from './row-store.ts';

/** As version 0.1.0 wrote them. */
const oldRun = {
  id: 'r-1',
  digest: 'd',
  digestWithoutName: 'd',
  invocation: 'hello',
  command: { name: 'greet', type: 'RunShellScript', scriptDigest: 's' },
  parameters: { who: 'you' },
  timeoutSeconds: 30,
  acceptedAt: '2026-11-01T08:00:00.000Z',
  source: { commit: 'c', path: 'hello.yaml', line: 1 },
};
const oldExecution = (instance: string, state: object) => ({
  id: `r-1.once.${instance}`,
  run: 'r-1',
  occurrence: 'once',
  instance,
  state,
});

test('a store of format 1 opens with its runs and executions, and what waited goes on waiting', async () => {
  const level = new MemoryLevel<string, string>();
  const ended = {
    is: 'ended',
    offer: 1,
    end: { phase: 'Success', at: '2026-11-01T08:01:00.000Z', outputBytes: 0 },
  };
  const executions = [
    oldExecution('mi-1', { is: 'waiting' }),
    oldExecution('mi-2', { is: 'offered', offer: 3 }),
    oldExecution('mi-3', { is: 'running', offer: 3, startedAt: '2026-11-01T08:00:01.000Z' }),
    oldExecution('mi-4', ended),
  ];
  await level.batch([
    { type: 'put', key: 'store:format', value: '1' },
    { type: 'put', key: 'store:epoch', value: 'e' },
    { type: 'put', key: 'run:r-1', value: JSON.stringify(oldRun) },
    ...executions.map((each) => ({
      type: 'put' as const,
      key: `execution:${each.id}`,
      value: JSON.stringify(each),
    })),
  ]);
  const store = await rowStore(memoryRows(level), { newEpoch: () => 'new' });
  const ledger = await openLedger(store);
  const { command, parameters, timeoutSeconds, ...same } = oldRun;
  expect(ledger.runs.get('r-1')).toEqual({
    ...same,
    work: { does: 'run', command, parameters, timeoutSeconds, terminationMode: 'ProcessTree' },
    repeat: { mode: 'Once' },
    deliverySeconds: 3600,
  });
  const deliverBefore = '9999-12-31T23:59:59.999Z';
  expect(ledger.live('r-1.once.mi-1')?.state).toEqual({ is: 'waiting', deliverBefore });
  expect(ledger.live('r-1.once.mi-2')?.state).toEqual({ is: 'offered', offer: 3, deliverBefore });
  expect(ledger.live('r-1.once.mi-3')?.state).toEqual(executions[2]?.state);
  expect(ledger.phases('r-1')).toEqual({ Pending: 2, Running: 1, Success: 1 });
  expect(ledger.epoch).toBe('e');
  await store.close();
});
