// What a complete journal does not name.
//
// An agent syncs an order before it says that it received it. So in the memory that the orders went to:
//   offered, not in the journal     never arrived: it may be offered again
//   received or later, not in it    the journal is damaged
// In another memory (a new disk, an older copy) nobody can say what the one before it started: all that was offered
// and that it does not name is lost.
//
// An older copy (a restored disk, a snapshot of a virtual machine) has the same id. It is known by its highest offer:
// that only ever grows, and is below a number which the same memory held before, by its own word (Instance.arrived).
// Then the numbers up to the highest offer tell nothing either: an order may arrive after a later one.
// The copy is the memory from then on, as a new one is. What it holds as received, the agent starts again by itself.
import type { End } from '../../schemas/generated/wire.ts';
import type { Execution } from '../run/execution.ts';

/** The end of an execution that may have started and that nobody can follow any more; undefined for all others. */
export function lostByHandover(
  { id, state }: Execution,
  journal: ReadonlySet<string>,
  sameMemory: boolean,
  now: number,
): End | undefined {
  if (journal.has(id)) return undefined;
  switch (state.is) {
    case 'scheduled':
    case 'waiting':
    case 'ended':
      return undefined;
    case 'offered':
      if (sameMemory) return undefined;
      break;
    case 'stopping':
      // What never arrived is told to stop as well, and answers that it did not start.
      if (sameMemory && state.startedAt === undefined) return undefined;
      break;
    case 'received':
    case 'running':
      break;
  }
  return {
    phase: 'Unknown',
    at: new Date(now).toISOString(),
    outputBytes: 0,
    message: 'The journal of the agent does not know of it. It may have started; it is never started again.',
  };
}
