// The story of `groundcrew up`.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { InvocationStatus } from '../../schemas/generated/status.ts';
import { at, get } from '../client.ts';
import { type ExitCode, exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { packageFolder } from '../package.ts';
import type { Surroundings } from '../sub-command.ts';
import { type Crew, endLeftovers, makeCrew } from './crew.ts';
import { members, startAgents, startController } from './fleet.ts';
import { followOutput } from './follow-output.ts';
import { guide } from './guide.ts';
import { takeLock } from './lock.ts';
import { makeNarrator } from './narrator.ts';
import { openPlace, type Place, readMemory, writeMemory } from './place.ts';
import { freePort } from './port.ts';
import { ensureRepository, ensureSample, hasStatus, head } from './repository.ts';
import { untilSettled, watch } from './watch.ts';

export interface UpOptions {
  /** The folder that everything goes to. */
  data: string;
  /** End as soon as what the manifests declare has come to an end. */
  once: boolean;
  /** How long `once` waits, in seconds. */
  patience: number;
}

/** Runs the fleet until `interrupt`; its processes have ended when this resolves or rejects. */
export async function runUp(
  options: UpOptions,
  surroundings: Surroundings,
  interrupt: AbortSignal,
): Promise<ExitCode> {
  const place = openPlace(options.data);
  const release = takeLock(place);
  const crew = makeCrew(place);
  try {
    if ((await endLeftovers(place)) > 0)
      surroundings.stderr.write('The start before was cut off; its processes have been ended.\n');
    return await untilLost(crew, interrupt, (signal) => live(place, crew, options, surroundings, signal));
  } catch (error) {
    if (!interrupt.aborted) throw error;
    return options.once ? exitCode.failed : exitCode.fine;
  } finally {
    if (interrupt.aborted) surroundings.stdout.write('\nEnding the controller and the agents.\n');
    await crew.end();
    release();
  }
}

async function live(
  place: Place,
  crew: Crew,
  options: UpOptions,
  surroundings: Surroundings,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { stdout } = surroundings;
  await ensureRepository(place);
  const memory = readMemory(place);
  const port = await freePort([...(memory.port === undefined ? [] : [memory.port]), 7480]);
  writeMemory(place, { ...memory, port });
  stdout.write(`controller at http://127.0.0.1:${port}, everything in ${place.root}\n`);
  const connection = await startController(place, crew, port, signal);
  const { items: before } = await get<{ items: InvocationStatus[] }>(connection, at('invocations'));
  await startAgents(place, crew, connection, signal);
  stdout.write(`agents ${members.map(({ name }) => name).join(' and ')} are online\n`);
  await ensureSample(place, sampleFolder());
  const narrator = makeNarrator(surroundings, before, (name, say) => followOutput(connection, name, say));
  const patience = options.once ? options.patience : 30;
  const commit = await head(place);
  const settled = await within(patience, signal, (limit) =>
    untilSettled(connection, narrator, commit, limit),
  );
  if (options.once && settled === undefined)
    throw new Failure(
      `${patience} seconds are over, and not everything has come to an end`,
      `The logs are ${join(place.root, '*.log')}.`,
    );
  if (options.once) return verdict(settled ?? [], surroundings);
  for (const { metadata, status } of before)
    if (status.state !== undefined) stdout.write(`${metadata.name} is ${status.state}, as it was before\n`);
  await within(10, signal, (limit) => untilStatus(place, limit));
  stdout.write(guide(place, port, settled?.[0]?.metadata.name));
  return await watch(connection, narrator, signal);
}

/** The guide names the status branch: it is there when the guide is read. */
async function untilStatus(place: Place, signal: AbortSignal): Promise<void> {
  while (!(await hasStatus(place))) await sleep(100, undefined, { signal });
}

function verdict(invocations: readonly InvocationStatus[], { stdout }: Surroundings): ExitCode {
  for (const { metadata, status } of invocations)
    stdout.write(`${metadata.name}: ${status.state ?? 'nothing was accepted'}\n`);
  const good = invocations.length > 0 && invocations.every(({ status }) => status.phase === 'Success');
  return good ? exitCode.fine : exitCode.failed;
}

/** The manifests of the folder we stand in, else those that come with the package. */
function sampleFolder(): string {
  const here = resolve('manifests');
  return existsSync(here) ? here : join(packageFolder(), 'manifests');
}

/** Does the work until it is done, interrupted, or a process of the crew is lost. */
async function untilLost<T>(
  crew: Crew,
  interrupt: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const signal = AbortSignal.any([interrupt, stop.signal]);
  try {
    const lost = crew.lost.then((sentence) => {
      throw new Failure(sentence, 'Everything else is ended too. Start again to go on.');
    });
    return await Promise.race([work(signal), lost, aborted(interrupt)]);
  } finally {
    stop.abort();
  }
}

/** What the work resolves with, or undefined when so many seconds are over. */
async function within<T>(
  seconds: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(seconds * 1000)]);
  try {
    return await work(limit);
  } catch (error) {
    if (limit.aborted && !signal.aborted) return undefined;
    throw error;
  }
}

/** Rejects when the signal comes. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => reject(new Failure('interrupted', ''));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
  });
}
