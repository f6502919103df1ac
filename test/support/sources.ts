import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type OpenSourceSettings, openSource } from '../../controller/source/open-source.ts';
import type { Snapshot } from '../../controller/source/snapshot.ts';
import type { Source } from '../../controller/source/source.ts';
import { scratchFolder } from './git.ts';

/** What a source logged: its message and its fields. */
export type Logged = Record<string, unknown> & { message: string };

/** A source with settings for tests; those given win. Its data folder is fresh unless one is given. */
export function testSource(
  repo: string,
  settings: Partial<OpenSourceSettings> = {},
): { source: Source; logged: Logged[]; dataDir: string } {
  const logged: Logged[] = [];
  const note = (fields: Record<string, unknown>, message: string): void =>
    void logged.push({ ...fields, message });
  const dataDir = settings.dataDir ?? join(scratchFolder('data'), 'data folder');
  mkdirSync(dataDir, { recursive: true });
  const source = openSource({
    repo,
    branch: 'main',
    path: 'manifests',
    dataDir,
    intervalSeconds: 60,
    credentials: {},
    log: { info: note, warn: note },
    now: Date.now,
    random: () => 0.5,
    searchPath: process.env.PATH ?? '/usr/bin:/bin',
    workingFolder: process.cwd(),
    ...settings,
  });
  return { source, logged, dataDir };
}

/** Waits until the check is true; throws when it is not within the time. */
export async function eventually(
  check: () => boolean | Promise<boolean>,
  milliseconds = 10_000,
): Promise<void> {
  const until = Date.now() + milliseconds;
  while (!(await check())) {
    if (Date.now() > until) throw new Error('it did not become true in time');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** A file's content, as text; undefined if the snapshot has no such file. */
export async function textOf(snapshot: Snapshot, path: string): Promise<string | undefined> {
  const blob = snapshot.files.get(path)?.blob;
  if (blob === undefined) return undefined;
  const content = (await snapshot.read([blob], 1_000_000)).get(blob);
  return Buffer.isBuffer(content) ? content.toString() : undefined;
}
