// Brings the fleet up, step by step. Each step may have been done by an earlier start, and is then only checked.
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { InstanceStatus } from '../../schemas/generated/status.ts';
import type { EnrolmentCode } from '../../schemas/generated/wire.ts';
import { at, get, post } from '../client.ts';
import type { Connection } from '../connection.ts';
import { Failure } from '../failure.ts';
import type { Crew } from './crew.ts';
import type { Place } from './place.ts';

export const members: readonly { name: string; labels: Readonly<Record<string, string>> }[] = [
  { name: 'web-1', labels: { role: 'web', zone: 'a' } },
  { name: 'web-2', labels: { role: 'web', zone: 'b' } },
];

/** Starts the controller and resolves when it answers with its operator token. */
export async function startController(
  place: Place,
  crew: Crew,
  port: number,
  signal: AbortSignal,
): Promise<Connection> {
  crew.start('controller', [
    'controller',
    `--repo=${place.origin}`,
    `--data=${place.controllerData}`,
    `--listen=127.0.0.1:${port}`,
  ]);
  const url = new URL(`http://127.0.0.1:${port}`);
  return await until('the controller answers', place.log('controller'), signal, async () => {
    if (!existsSync(place.tokenFile)) return undefined;
    const connection = { url, token: readFileSync(place.tokenFile, 'utf8').trim() };
    await get(connection, '/v1/status');
    return connection;
  });
}

/** Starts the agents, each with a code of its own unless it has enrolled before; resolves when all are online. */
export async function startAgents(
  place: Place,
  crew: Crew,
  connection: Connection,
  signal: AbortSignal,
): Promise<void> {
  const known = await instances(connection);
  for (const { name, labels } of members) {
    const args = [
      'agent',
      '--controller',
      connection.url.origin,
      '--data',
      place.agentData(name),
      '--name',
      name,
      // The machine of a try-out is somebody's own.
      '--power-off-command',
      'false',
      '--reboot-command',
      'false',
    ];
    if (known.has(name)) crew.start(name, args);
    else {
      const request = { uses: 1, validSeconds: 600, labels };
      const { code } = await post<EnrolmentCode>(connection, at('enrolment-codes'), request);
      crew.start(name, args, { GROUNDCREW_ENROL_CODE: code ?? '' });
    }
  }
  await until('both agents are online', place.log('web-1'), signal, async () => {
    const now = await instances(connection);
    return members.every(({ name }) => now.get(name)?.status.online === true) ? true : undefined;
  });
}

async function instances(connection: Connection): Promise<Map<string, InstanceStatus>> {
  const { items } = await get<{ items: InstanceStatus[] }>(connection, at('instances'));
  return new Map(items.map((item) => [item.metadata.name, item]));
}

/** Asks five times a second, for half a minute, until there is an answer. */
async function until<T>(
  what: string,
  log: string,
  signal: AbortSignal,
  ask: () => Promise<T | undefined>,
): Promise<T> {
  let last = '';
  for (let asked = 0; asked < 150; asked += 1) {
    signal.throwIfAborted();
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch (error) {
      last = error instanceof Error ? `: ${error.message}` : '';
    }
    await sleep(200, undefined, { signal });
  }
  throw new Failure(`half a minute is over, and not yet ${what}${last}`, `See ${log}.`);
}
