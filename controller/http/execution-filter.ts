// What a query asks for, as far as it can be asked for.
import type { State } from '../../schemas/generated/definitions.ts';
import type { ExecutionFilter } from '../results/find-executions.ts';
import { phases, stateOf } from '../run/execution.ts';
import { type EdgeRefused, refuseAtEdge } from './refusal.ts';
import type { PageWanted, Services } from './services.ts';

type Query = Readonly<Record<string, string>>;
type Read<T> = { is: 'read'; value: T } | EdgeRefused;

export const pageParameters = ['limit', 'continue'] as const;
export const executionParameters = [
  'invocation',
  'instance',
  'occurrence',
  'state',
  'phase',
  'since',
  'order',
  ...pageParameters,
] as const;

/** So much a page may hold; who wants more asks for the next one. */
const mostAtOnce = 1000;

/** The page that a query asks for. */
export function pageWanted({ limit, continue: after }: Query): Read<PageWanted> {
  const count = limit === undefined ? mostAtOnce : Number(limit);
  if (!Number.isInteger(count) || count < 1 || count > mostAtOnce)
    return invalid(`limit is a whole number from 1 to ${mostAtOnce}.`);
  return { is: 'read', value: { limit: count, ...(after !== undefined && { after }) } };
}

/** The executions that a query asks for. */
export function executionFilter(
  query: Query,
  { instanceId, isPlace }: Pick<Services, 'instanceId' | 'isPlace'>,
): Read<ExecutionFilter> {
  const page = pageWanted(query);
  if (page.is === 'refused') return page;
  const { invocation, instance, occurrence, state, phase, since, order = 'oldest' } = query;
  const { after } = page.value;
  const id = instance === undefined ? undefined : instanceId(instance);
  if (instance !== undefined && id === undefined)
    return refuseAtEdge('NotFound', { message: `No instance is called ${instance}.` });
  if (state !== undefined && !isOneOf(states, state)) return invalid(`state is one of ${states.join(', ')}.`);
  if (phase !== undefined && !isOneOf(phases, phase)) return invalid(`phase is one of ${phases.join(', ')}.`);
  if (since !== undefined && Number.isNaN(Date.parse(since)))
    return invalid('since is a time such as 2026-12-01T08:00:00Z.');
  if (order !== 'oldest' && order !== 'newest') return invalid('order is oldest or newest.');
  if (after !== undefined && !isPlace(after)) return invalid('continue is what an earlier page ended with.');
  return {
    is: 'read',
    value: {
      ...page.value,
      ...(invocation !== undefined && { invocation }),
      ...(id !== undefined && { instance: id }),
      ...(occurrence !== undefined && { occurrence }),
      ...(state !== undefined && { state }),
      ...(phase !== undefined && { phase }),
      ...(since !== undefined && { since: new Date(since).toISOString() }),
      ...(order === 'newest' && { newestFirst: true }),
    },
  };
}

/** Those that one execution can have. */
const states: readonly State[] = [...new Set(phases.map(stateOf))];

function isOneOf<T extends string>(known: readonly T[], text: string): text is T {
  return known.some((one) => one === text);
}

function invalid(message: string): EdgeRefused {
  return refuseAtEdge('QueryInvalid', { message });
}
