// A status commit of 1,000 files on a branch of 10,000, in two rows, each with the goal. The first is the commit alone:
// documents to YAML, ids, commit, beside one bare fast-import of the same bytes. The second is all of it: from the
// change in the ledger, through the store, until the branch on the remote says it, beside a fast-import and a push.
import { randomUUID } from 'node:crypto';
import { gitEnvironment, openAccess } from '../controller/source/open-source.ts';
import { blobId, commitFiles } from '../controller/status/commit-files.ts';
import { documentsOf } from '../controller/status/documents.ts';
import { emitYaml } from '../controller/status/emit-yaml.ts';
import { documentKey, pathOf } from '../controller/status/layout.ts';
import { type StatusRepository, statusRepository } from '../controller/status/status-repository.ts';
import { statusWriter } from '../controller/status/status-writer.ts';
import { openLevelStore } from '../controller/store/level-store.ts';
import { openLedger } from '../controller/store/open-ledger.ts';
import type { Change } from '../controller/store/port.ts';
import { scratch } from '../test/support/processes.ts';
import {
  emptyOutcome,
  ended,
  putExecution,
  putInstance,
  putRun,
  someExecution,
  someInstance,
  someRun,
} from '../test/support/status-fleet.ts';
import type { Bench } from './figure.ts';
import { changedFiles, git } from './floor/git-commands.ts';
import { benchRepository, fastImport } from './repository.ts';
import { median, timed } from './rounds.ts';

const branch = 'groundcrew-status';
const files = 1000;

export const status: Bench = async ({ quick, say }) => {
  const room = scratch();
  const repository = benchRepository(room.path('repo.git'));
  const store = await openLevelStore(room.path('store'), { newEpoch: randomUUID });
  const ledger = await openLedger(store);
  const documents = documentsOf(ledger, () => emptyOutcome);
  const target = {
    access: openAccess(repository.folder, {}, '/'),
    branch,
    environment: gitEnvironment(room.path('data'), process.env['PATH'] ?? ''),
  };
  const { signal } = new AbortController();
  const alone = statusRepository({ ...target, folder: room.path('alone.git'), signal });
  const writer = statusWriter({
    ledger,
    documents,
    outcome: () => emptyOutcome,
    folder: room.path('status.git'),
    ...target,
    now: Date.now,
    random: Math.random,
    schedule: () => () => undefined, // It flushes when it is told to.
  });
  try {
    const invocations = quick ? 2000 : 10_000;
    say(`${invocations} invocations`);
    const instance = someInstance(1);
    const runs = Array.from({ length: invocations }, (_, number) => someRun(`job-${number}`));
    await ledger.commit([putInstance(instance), ...runs.flatMap((run) => putRun(run))]);
    await flushed(writer.flush());
    await git(room.path(), ['clone', '-q', '--bare', repository.folder, 'copy.git']);
    await git(room.path(), ['clone', '-q', '--bare', repository.folder, 'remote.git']);
    const copy = room.path('copy.git');

    const ours: number[] = [];
    const commits: number[] = [];
    let last: string | undefined;
    const imports: number[] = [];
    const pushes: number[] = [];
    for (let round = 0; round <= (quick ? 2 : 9); round += 1) {
      const parent = repository.tip(`refs/heads/${branch}`);
      const exitCode = round;
      const changes = runs
        .slice(0, files)
        .map((run): Change => putExecution(someExecution(run, instance, ended('Failed', { exitCode }))));
      await ledger.commit(changes);
      ours.push(await timed(() => flushed(writer.flush())));
      const same = await changedFiles(repository.folder, parent, `refs/heads/${branch}`);
      if (same.size < files) throw new Error(`${same.size} files of ${files} are in the commit`);
      const built = await Promise.all(
        runs.slice(0, files).map(async ({ invocation }) => ({
          path: pathOf(documentKey('invocations', invocation)),
          document: await documents.invocationDocument(invocation),
        })),
      );
      commits.push(
        await timed(async () => {
          last = await commitDocuments(alone, last, built);
        }),
      );
      imports.push(
        await timed(() => fastImport(copy, `refs/heads/${branch}`, `refs/heads/${branch}^0`, same)),
      );
      pushes.push(await timed(() => git(copy, ['push', '-q', room.path('remote.git'), branch])));
    }
    const measured = median(ours.slice(1));
    const imported = median(imports.slice(1));
    const label = `status commit of ${files.toLocaleString('en')} files of ${invocations.toLocaleString('en')}`;
    return [
      {
        what: `${label}, the commit alone`,
        unit: 'ms',
        ours: median(commits.slice(1)),
        floor: imported,
        goal: { timesFloor: 2 },
        note: 'documents to YAML, ids, commit; floor: fast-import of the same bytes',
      },
      {
        what: `${label}, from the ledger to the remote`,
        unit: 'ms',
        ours: measured,
        floor: imported + median(pushes.slice(1)),
        goal: { timesFloor: 2 },
        note: 'with reads of the store and the push; floor: fast-import and push',
      },
    ];
  } finally {
    await writer.close();
    await store.close();
    room.remove();
  }
};

async function commitDocuments(
  repository: StatusRepository,
  parent: string | undefined,
  documents: readonly { path: string; document: unknown }[],
): Promise<string> {
  const contents = new Map<string, Buffer>();
  for (const { path, document } of documents) {
    const content = Buffer.from(emitYaml(document));
    blobId(content, 'sha1');
    contents.set(path, content);
  }
  return commitFiles(repository, parent, contents, { subject: 'bench', at: 0 });
}

async function flushed(result: Promise<{ is: string }>): Promise<void> {
  const how = await result;
  if (how.is !== 'published') throw new Error(`the flush: ${JSON.stringify(how)}`);
}
