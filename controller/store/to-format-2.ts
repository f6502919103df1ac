// Format 1 → 2. A run said what it executes in members of its own; now that is its `work`, besides when it recurs and
// how late it may be. What waits got a time until which it may be delivered: for what waited before there was one, never.

import { bounds } from './keys.ts';
import type { Migration } from './migration.ts';
import type { RowChange, Rows } from './rows.ts';

const usualDeliverySeconds = 3600;
const never = '9999-12-31T23:59:59.999Z';

export const toFormat2: Migration = {
  from: 1,
  to: 2,
  async run(rows) {
    const changes: RowChange[] = [];
    for await (const [key, text] of rows.iterator(bounds('run', {}))) {
      const { command, parameters, timeoutSeconds, ...run } = JSON.parse(text);
      const work = { does: 'run', command, parameters, timeoutSeconds, terminationMode: 'ProcessTree' };
      const value = { ...run, work, repeat: { mode: 'Once' }, deliverySeconds: usualDeliverySeconds };
      changes.push({ type: 'put', key, value: JSON.stringify(value) });
    }
    changes.push(...(await executionChanges(rows)));
    return changes;
  },
};

async function executionChanges(rows: Pick<Rows, 'iterator'>): Promise<RowChange[]> {
  const changes: RowChange[] = [];
  for await (const [key, text] of rows.iterator(bounds('execution', {}))) {
    const execution = JSON.parse(text);
    const { state } = execution;
    if (state.is !== 'waiting' && state.is !== 'offered') continue;
    changes.push({
      type: 'put',
      key,
      value: JSON.stringify({ ...execution, state: { ...state, deliverBefore: never } }),
    });
  }
  return changes;
}
