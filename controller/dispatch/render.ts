import { environmentOf, substitute } from '../manifest/substitute.ts';
import type { Render } from './orders.ts';

/** Makes the script as an instance gets it: parameters and built-ins in place, and the parameters in the environment. */
export function makeRender({ region, account }: { region: string; account: string }): Render {
  return (script, { command, parameters }, run, instance) => {
    const builtIns = {
      RegionId: region,
      AccountId: account,
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
}
