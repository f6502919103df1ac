import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Failure } from '../failure.ts';
import type { Place, ProcessMark } from './place.ts';
import { markOf, runs } from './process-mark.ts';

/** Makes sure that one `up` at a time works in a place. Returns how to release it; throws a Failure if one does. */
export function takeLock(place: Place): () => void {
  const mine = `${place.lockFile}.${process.pid}`;
  writeFileSync(mine, JSON.stringify(markOf(process.pid)));
  try {
    while (!linked(mine, place.lockFile)) {
      const holder = readMark(place.lockFile);
      if (holder !== undefined && runs(holder))
        throw new Failure(
          `\`groundcrew up\` already runs here, as process ${holder.pid}`,
          `It works in ${place.root}. Stop it with Ctrl-C (or \`kill ${holder.pid}\`), or give another folder with --data.`,
        );
      rmSync(place.lockFile, { force: true });
    }
  } finally {
    rmSync(mine, { force: true });
  }
  return () => rmSync(place.lockFile, { force: true });
}

/** A link is made whole or not at all: nobody reads half a lock. */
function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

function readMark(file: string): ProcessMark | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
