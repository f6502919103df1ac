import type { InstanceStatus } from '../../schemas/generated/status.ts';
import type { Instance } from '../store/port.ts';

/** `online` is for the API alone: on the branch nothing moves with the clock. */
export function instanceDocument(instance: Instance, online?: boolean): InstanceStatus {
  const { id, name, publicKey, labels, ownLabels, enrolledAt, facts } = instance;
  const matched = sorted({ ...ownLabels, ...labels });
  const given = sorted(labels);
  return {
    apiVersion: 'groundcrew.dev/v1',
    kind: 'InstanceStatus',
    metadata: { name, ...(Object.keys(matched).length > 0 && { labels: matched }) },
    status: {
      instance: id,
      publicKey,
      ...(Object.keys(given).length > 0 && { givenLabels: given }),
      enrolledAt,
      agentVersion: facts.agentVersion,
      os: facts.os,
      ...(online !== undefined && { online }),
    },
  };
}

function sorted(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}
