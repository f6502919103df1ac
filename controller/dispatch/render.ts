import { environmentOf, substitute } from '../manifest/substitute.ts';
import type { Render } from './orders.ts';

/** The script as this instance gets it: parameters and built-ins in place, and the parameters in the environment. */
export const render: Render = (script, { command, parameters }, run, instance) => {
  const builtIns = {
    InstanceId: instance.id,
    InstanceName: instance.name,
    InvokeId: run,
    CommandId: command.name ?? '',
  };
  return {
    script: substitute(script, parameters, builtIns),
    environment: environmentOf(parameters),
  };
};
