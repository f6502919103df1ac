// Shows live what happens: asks the controller again and again and tells what is new.
import { setTimeout as sleep } from 'node:timers/promises';
import type { ControllerStatus, InvocationStatus } from '../../schemas/generated/status.ts';
import { at, get } from '../client.ts';
import type { Connection } from '../connection.ts';
import { Failure } from '../failure.ts';
import { hasEnded, type Narrator } from './narrator.ts';

/** Resolves with the invocations once this commit is in force and each run has come to an end. */
export async function untilSettled(
  connection: Connection,
  narrator: Narrator,
  commit: string,
  signal: AbortSignal,
): Promise<readonly InvocationStatus[]> {
  for (;;) {
    const seen = await look(connection, narrator);
    if (seen !== undefined && seen.commit === commit && seen.items.every(isQuiet)) return seen.items;
    await sleep(pause, undefined, { signal });
  }
}

/** Tells what happens until the signal; then it rejects. */
export async function watch(connection: Connection, narrator: Narrator, signal: AbortSignal): Promise<never> {
  for (;;) {
    await sleep(pause, undefined, { signal });
    await look(connection, narrator);
  }
}

interface Seen {
  commit: string | undefined;
  items: readonly InvocationStatus[];
}

async function look(connection: Connection, narrator: Narrator): Promise<Seen | undefined> {
  try {
    const controller = await get<ControllerStatus>(connection, '/v1/status');
    const { items } = await get<{ items: InvocationStatus[] }>(connection, at('invocations'));
    narrator.controller(controller);
    for (const document of items) await narrator.invocation(document);
    return { commit: controller.status.acceptedCommit, items };
  } catch (error) {
    // It may be busy. If its process has ended, the crew says so.
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

function isQuiet(document: InvocationStatus): boolean {
  return document.status.run === undefined || hasEnded(document);
}

/** Milliseconds from one look to the next. */
const pause = 400;
