import type { CommandStatus } from '../../schemas/generated/status.ts';
import type { CommandRecord } from '../run/run.ts';

export function commandDocument(record: CommandRecord): CommandStatus {
  const { name, type, description, scriptDigest, parameters, commit, path, line } = record;
  return {
    apiVersion: 'groundcrew.dev/v1',
    kind: 'CommandStatus',
    metadata: { name },
    status: {
      type,
      ...(description !== undefined && { description }),
      contentDigest: scriptDigest,
      ...(parameters.length > 0 && { parameters: parameters.map((parameter) => parameter.name) }),
      source: { commit, path, line },
      conditions: [],
    },
  };
}
