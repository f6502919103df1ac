// A pass over 10,000 and 100,000 manifests: cold, after one file changed, after 1,000 changed. The floor asks the
// same of bare git commands, parses the changed files as YAML, and writes one row for each in one synced batch.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseDocument } from 'yaml';
import { scratch } from '../test/support/processes.ts';
import type { Bench, BenchOptions, Figure } from './figure.ts';
import { readChanges, readEverything } from './floor/git-commands.ts';
import { type BareStore, bareStore } from './floor/synced-put.ts';
import { manifest, manyManifests } from './manifests.ts';
import type { PassTime } from './reconcile-process.ts';
import { type BenchRepository, benchRepository } from './repository.ts';
import { type Medians, median, rounds, timed } from './rounds.ts';

const program = fileURLToPath(new URL('reconcile-process.ts', import.meta.url));

export const reconcile: Bench = async (options) => {
  const small = await passes(10_000, options);
  if (options.quick) return small.figures;
  const large = await passes(100_000, options);
  return [
    ...small.figures,
    ...large.figures,
    {
      what: 'pass, 1 changed: of 100,000 against of 10,000',
      unit: 'ms',
      ours: large.one.ours,
      floor: small.one.ours,
      goal: { timesFloor: 3 },
      note: 'floor: ours at 10,000',
    },
  ];
};

async function passes(
  count: number,
  { quick, say }: BenchOptions,
): Promise<{ figures: Figure[]; one: Medians }> {
  const room = scratch();
  const repository = benchRepository(room.path('repo.git'));
  const store = await bareStore(room.path('floor'));
  const child = fork(program, [repository.folder, room.path('data')], { execArgv: ['--import', 'tsx'] });
  try {
    say(`${count} manifests`);
    let head = await repository.commit(manyManifests(count, () => 1));
    const cold = await pass(child);
    expectSteps(cold, count);
    const coldFloor = await timed(async () => parseAndPut(await readEverything(repository.folder), store));

    let version = 1;
    /** Both sides on the same commit: the controller's pass first, then the bare one. */
    const changed = async (files: number, times: number): Promise<Medians> => {
      let parent = head;
      const ours = async (): Promise<number> => {
        parent = head;
        head = await change(repository, count, files, ++version);
        const time = await pass(child);
        expectSteps(time, files);
        return time.milliseconds;
      };
      const floor = (): Promise<number> =>
        timed(async () => parseAndPut(await readChanges(repository.folder, parent), store));
      return rounds(times, ours, floor);
    };
    const one = await changed(1, quick ? 3 : 9);
    const thousand = await changed(1000, quick ? 2 : 5);
    const idle: number[] = [];
    for (let round = 0; round < 5; round += 1) idle.push((await pass(child)).milliseconds);
    const { residentMegabytes } = await pass(child);

    const label = count.toLocaleString('en');
    const note = 'floor: git, yaml, one synced batch';
    const figures: Figure[] = [
      {
        what: `pass over ${label} manifests, cold`,
        unit: 'ms',
        ours: cold.milliseconds,
        floor: coldFloor,
        note: 'one run each',
      },
      { what: `pass over ${label} manifests, 1 changed`, unit: 'ms', ...one, note },
      { what: `pass over ${label} manifests, 1,000 changed`, unit: 'ms', ...thousand, note },
      { what: `pass over ${label} manifests, nothing changed`, unit: 'ms', ours: median(idle) },
      { what: `memory with ${label} manifests (RSS)`, unit: 'MB', ours: residentMegabytes },
    ];
    return { figures, one };
  } finally {
    const gone = once(child, 'exit');
    if (child.connected) child.disconnect();
    if (child.exitCode === null) await gone;
    await store.close();
    room.remove();
  }
}

async function pass(child: ChildProcess): Promise<PassTime> {
  const over = new AbortController();
  const { signal } = over;
  const gone = once(child, 'exit', { signal }).then(() => undefined);
  child.send('pass');
  const answer = await Promise.race([once(child, 'message', { signal }), gone]);
  over.abort();
  if (answer === undefined) throw new Error('the reconcile process ended');
  return answer[0];
}

/** A pass that did not do the work says nothing about speed. */
function expectSteps({ steps, problems }: PassTime, atLeast: number): void {
  if (steps < atLeast || problems > 0) throw new Error(`${steps} steps, ${problems} problems`);
}

function change(repository: BenchRepository, count: number, files: number, version: number): Promise<string> {
  const stride = Math.floor(count / files);
  return repository.commit(
    Array.from({ length: files }, (_, at) => manifest((at * stride + version) % count, version)),
  );
}

async function parseAndPut(texts: readonly string[], store: BareStore): Promise<void> {
  for (const text of texts) parseDocument(text).toJS();
  await store.put(texts.length, 'x'.repeat(500));
}
