import type { Change, Store } from '../store/port.ts';

/** What people released, by the id of the hold. */
export interface Acks {
  has(hold: string): boolean;
  /** On disk when it resolves. */
  add(hold: string, by: string, reason: string, at: string): Promise<void>;
  /** They were acted on and hold no longer; with what has to be written. */
  use(holds: readonly string[]): Change[];
}

export async function openAcks(store: Store): Promise<Acks> {
  const acks = new Set<string>();
  for await (const [hold] of store.list('ack')) acks.add(hold);
  return {
    has: (hold) => acks.has(hold),
    async add(hold, by, reason, at) {
      await store.commit([{ put: 'ack', key: hold, value: { by, reason, at } }]);
      acks.add(hold);
    },
    use: (holds) => holds.filter((hold) => acks.delete(hold)).map((hold) => ({ delete: 'ack', key: hold })),
  };
}
