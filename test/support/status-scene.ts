// A status writer on a ledger in memory and a real repository, with short times, and a competitor who pushes.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Outcome } from '../../controller/reconcile/outcome.ts';
import type { GitAccess } from '../../controller/source/access.ts';
import { documentsOf } from '../../controller/status/documents.ts';
import {
  type StatusWriter,
  type StatusWriterOptions,
  statusWriter,
} from '../../controller/status/status-writer.ts';
import type { Ledger } from '../../controller/store/ledger.ts';
import { openLedger } from '../../controller/store/open-ledger.ts';
import type { Change } from '../../controller/store/port.ts';
import { bareRepository, cloneOf, type ScratchRepository, scratchFolder } from './git.ts';
import { memoryStore } from './memory-store.ts';
import { emptyOutcome } from './status-fleet.ts';

export const branch = 'groundcrew-status';

export interface StatusScene {
  folder: string;
  remote: ScratchRepository;
  ledger: Ledger;
  outcome: Outcome;
  commit(...changes: Change[]): Promise<void>;
  /** Starts one; flushes only when asked to, unless `options` has other times. */
  writer(options?: Partial<StatusWriterOptions>): StatusWriter;
  /** Text of a file on the branch; undefined if there is none. */
  file(path: string): string | undefined;
  /** Paths on the branch. */
  paths(): string[];
  /** Commits of the branch, newest first. */
  history(): string[];
  /** Somebody else: changes files on the branch and pushes. */
  compete(files: Record<string, string | undefined>): string;
  close(): Promise<void>;
}

const hour = 3_600_000;

export async function statusScene(): Promise<StatusScene> {
  const folder = scratchFolder('status');
  const remote = bareRepository(join(folder, 'origin.git'));
  const ledger = await openLedger(await memoryStore());
  const writers: StatusWriter[] = [];
  const said = (...args: string[]): string | undefined => {
    try {
      return remote.git(...args);
    } catch {
      return undefined;
    }
  };
  const scene: StatusScene = {
    folder,
    remote,
    ledger,
    outcome: emptyOutcome,
    commit: (...changes) => ledger.commit(changes),
    writer(options = {}) {
      const made = statusWriter({
        ledger,
        documents: documentsOf(ledger, () => scene.outcome),
        outcome: () => scene.outcome,
        folder: join(folder, `copy-${writers.length}.git`),
        access: folderAccess(remote.folder),
        branch,
        environment: { searchPath: process.env.PATH ?? '', home: folder },
        now: Date.now,
        random: Math.random,
        schedule,
        ...options,
        times: { quiet: hour, atMost: hour, ...options.times },
      });
      writers.push(made);
      return made;
    },
    file: (path) => said('cat-file', 'blob', `${branch}:${path}`),
    paths: () =>
      (said('ls-tree', '-r', '--name-only', branch) ?? '').split('\n').filter((path) => path !== ''),
    history: () => (said('rev-list', branch) ?? '').split('\n').filter((commit) => commit !== ''),
    compete(files) {
      const clone = cloneOf(remote.folder);
      try {
        clone.git('checkout', '--quiet', branch);
        clone.commit(files, 'By hand');
        clone.git('push', '--quiet', 'origin', branch);
        return clone.git('rev-parse', 'HEAD');
      } finally {
        clone.remove();
      }
    },
    async close() {
      await Promise.all(writers.map((made) => made.close()));
      await ledger.store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return scene;
}

export function folderAccess(path: string): GitAccess {
  return { address: { is: 'folder', path } };
}

export function schedule(callback: () => void, milliseconds: number): () => void {
  const timer = setTimeout(callback, milliseconds);
  return () => clearTimeout(timer);
}
