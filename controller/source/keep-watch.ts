import { stat } from 'node:fs/promises';
import { findRepository, readRef } from './local-repository.ts';
import { watchRef } from './watch-ref.ts';

/** Seconds between two reads of the ref that nothing else has asked for. */
export const rereadSeconds = 5;

/**
 * Nudges when a branch of a local repository is no longer at the commit that `seen` says. The watch is set up
 * again where the repository comes into being only later, or is removed and made anew. Returns how to stop.
 */
export function keepWatch(
  folder: string,
  ref: string,
  seen: () => string | undefined,
  nudge: () => void,
): () => void {
  let watched: { place: string; stop: () => Promise<void> } | undefined;
  let stopped = false;

  const check = async (): Promise<void> => {
    const found = await findRepository(folder);
    if (stopped || found.is === 'unusable') return;
    const head = await readRef(found.commonDir, ref);
    if (!stopped && head !== seen()) nudge();
  };
  const hint = (): void => {
    // What cannot be read now is reported by the next look.
    check().catch(() => nudge());
  };
  const follow = async (): Promise<void> => {
    const found = await findRepository(folder);
    const place = found.is === 'found' ? await placeOf(found.commonDir) : undefined;
    if (stopped || place === watched?.place) return;
    await watched?.stop();
    watched = undefined;
    if (stopped || found.is === 'unusable' || place === undefined) return;
    watched = { place, stop: watchRef(found.commonDir, ref, hint) };
  };
  const round = async (): Promise<void> => {
    await follow().catch(() => undefined);
    hint();
  };
  void round();
  const timer = setInterval(() => void round(), rereadSeconds * 1000);

  return () => {
    stopped = true;
    clearInterval(timer);
    void watched?.stop();
  };
}

/** A folder that was removed and made anew has the same path, but is another one. */
async function placeOf(folder: string): Promise<string> {
  const { dev, ino } = await stat(folder);
  return `${folder} ${dev} ${ino}`;
}
