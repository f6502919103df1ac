import { type EdgeRefused, refuseAtEdge } from './refusal.ts';
import { type ExecutionFilter, executionStates } from './services.ts';

const mostAtOnce = 10_000;

/** The filter that a query asks for, as far as it is one. */
export function executionFilter(
  { invocation, instance, state, after, limit }: Readonly<Record<string, string>>,
  instanceId: (idOrName: string) => string | undefined,
): { is: 'read'; value: ExecutionFilter } | EdgeRefused {
  const value: ExecutionFilter = {};
  if (invocation !== undefined) value.invocation = invocation;
  if (after !== undefined) value.after = after;
  if (instance !== undefined) {
    const id = instanceId(instance);
    if (id === undefined) return refuseAtEdge('NotFound', { message: `No instance is called ${instance}.` });
    value.instance = id;
  }
  if (state !== undefined) {
    const known = executionStates.find((one) => one === state);
    if (known === undefined)
      return refuseAtEdge('QueryInvalid', { message: `state is one of ${executionStates.join(', ')}.` });
    value.state = known;
  }
  if (limit !== undefined) {
    const count = Number(limit);
    if (!Number.isInteger(count) || count < 1 || count > mostAtOnce)
      return refuseAtEdge('QueryInvalid', { message: `limit is a whole number from 1 to ${mostAtOnce}.` });
    value.limit = count;
  }
  return { is: 'read', value };
}
