// The story of `groundcrew up`.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { InvocationStatus } from '../../schemas/generated/status.ts';
import { at, get } from '../client.ts';
import { type ExitCode, exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { packageFolder } from '../package.ts';
import type { Surroundings } from '../sub-command.ts';
import { type Crew, endLeftovers, makeCrew } from './crew.ts';
import { members, startAgents, startController } from './fleet.ts';
import { guide } from './guide.ts';
import { takeLock } from './lock.ts';
import { openPlace, type Place, readMemory, writeMemory } from './place.ts';
import { freePort } from './port.ts';
import { ensureRepository, ensureSample, head } from './repository.ts';
import { makeWatcher } from './watch.ts';

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
  const watcher = makeWatcher(connection, surroundings, signal, before);
  const patience = options.once ? AbortSignal.timeout(options.patience * 1000) : undefined;
  const settled = await Promise.race([watcher.settled(await head(place)), over(patience)]);
  if (settled === undefined)
    throw new Failure(
      `${options.patience} seconds are over, and not everything has come to an end`,
      `The logs are ${join(place.root, '*.log')}.`,
    );
  if (options.once) return verdict(settled, surroundings);
  for (const { metadata, status } of before)
    if (status.state !== undefined) stdout.write(`${metadata.name} is ${status.state}, as it was before\n`);
  stdout.write(guide(place, port, settled[0]?.metadata.name));
  await watcher.watch();
  return exitCode.fine;
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
    return await Promise.race([work(signal), lost, over(interrupt)]).then((result) => {
      if (result === undefined) throw new Failure('interrupted', '');
      return result;
    });
  } finally {
    stop.abort();
  }
}

/** Resolves with nothing when the signal comes; never without one. */
function over(signal: AbortSignal | undefined): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) resolve(undefined);
    signal?.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
