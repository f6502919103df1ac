import type { Execution, Stop } from './execution.ts';
import { transition } from './transition.ts';

/** The executions that this stop changes, as they are after it. What is being stopped as firmly already is not among them. */
export function stopExecutions(
  executions: Iterable<Execution>,
  stop: Stop,
  concerns: (instance: string) => boolean = () => true,
): Execution[] {
  const changed: Execution[] = [];
  for (const execution of executions) {
    const state = concerns(execution.instance)
      ? transition(execution.state, { event: 'stop', stop })
      : undefined;
    if (state !== undefined) changed.push({ ...execution, state });
  }
  return changed;
}
