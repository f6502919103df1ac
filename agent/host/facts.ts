import { arch, hostname, platform } from 'node:os';
import type { Facts } from '../../schemas/generated/wire.ts';
import { bootId } from './process-table.ts';
import { timezone } from './timezone.ts';

/** The version of package.json; a test holds the two together. */
export const agentVersion = '0.1.0';

/** What the agent says of its machine. */
export function readFacts(): Facts {
  return {
    hostname: hostname(),
    os: platform(),
    arch: arch(),
    agentVersion,
    bootId: bootId(),
    timezone: timezone(process.env.TZ),
  };
}
