import type { FireStep, Step } from './step.ts';

/** A step in words, for people. */
export function stepInWords(step: Step): string {
  switch (step.do) {
    case 'recordCommand':
      return `record Command ${step.record.name}`;
    case 'forgetCommand':
      return `forget Command ${step.name}`;
    case 'accept':
      return `${step.supersedes === undefined ? 'run' : 'run again'} ${step.record.name} on ${instances(step.instances.length)} as ${step.run.id}`;
    case 'reinstate':
      return `keep ${step.record.name} at ${step.record.run}, which has executed before`;
    case 'extend':
      return `run ${step.invocation} on ${instances(step.instances.length)} more`;
    case 'withdraw':
      return `cancel ${step.invocation} on ${instances(step.instances.length)} where it has not started: ${step.reason}`;
    case 'stop':
      return `stop ${step.invocation}: ${step.reason}`;
    case 'delete':
      return `delete ${step.record.name}, ${step.kill ? 'stopping what runs' : 'letting what runs finish'}`;
    case 'rename':
      return `rename ${step.from.name} to ${step.record.name}, running nothing`;
    case 'follow':
      return `go on with ${step.invocation} as it is now`;
    case 'fire':
      return firingInWords(step);
    case 'boot':
      return step.fires === undefined
        ? `note a boot that ${step.invocation} does not wait for`
        : `run ${step.invocation} at boot ${step.fires.occurrence}`;
    case 'abort':
      return `give up ${step.invocation} on ${instances(step.executions.length)} that did not come for it in time`;
    case 'close':
      return `close occurrence ${step.occurrence} of ${step.invocation}`;
    case 'update':
      return `note that the manifest of ${step.record.name} changed, running nothing`;
    case 'settle':
      return `close run ${step.run} of ${step.invocation}`;
  }
}

function firingInWords({ fires, invocation, missed }: FireStep): string {
  const ticks = missed === undefined ? '' : missed.ticks === 1 ? '1 tick' : `${missed.ticks} ticks`;
  if (fires === undefined) return `miss ${ticks} of ${invocation}`;
  return `run ${invocation} at its tick ${fires.at}${missed === undefined ? '' : `, and miss ${ticks} before it`}`;
}

function instances(count: number): string {
  return count === 1 ? '1 instance' : `${count} instances`;
}
