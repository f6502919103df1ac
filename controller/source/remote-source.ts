// A branch of a remote repository: polled, and fetched into the mirror when it moved.
// 1. One conversation with the remote at a time.
// 2. A failure waits longer each time, up to 15 minutes, with full jitter; a Retry-After is kept to by everyone.
// 3. A branch that is not there is `missing`: an answer, not a failure, and never taken for a deletion.
import { showAddress } from './address.ts';
import { backoffDelay, pollDelay } from './backoff.ts';
import { type ObjectFormat, objectFormatOf } from './git-folder.ts';
import { listBranch } from './list-branch.ts';
import { type Mirror, openMirror } from './mirror.ts';
import { makePollTimer } from './poll-timer.ts';
import type { RemoteFailure } from './remote-failure.ts';
import { askRetryAfter } from './retry-after.ts';
import { singleFlight } from './single-flight.ts';
import type { Sighting, Source } from './source.ts';
import type { SourceSettings } from './source-settings.ts';
import { takeSnapshot } from './take-snapshot.ts';

const listTimeout = 60_000;

export function remoteSource(settings: SourceSettings): Source {
  const { access, dataDir, environment, intervalSeconds, log, manifestPath, now, random, ref } = settings;
  const url = showAddress(access.address);
  const closing = new AbortController();
  const timer = makePollTimer();
  const mirrors = new Map<ObjectFormat, Promise<Mirror>>();
  let failures = 0;
  let leftAlone: { until: number; sighting: Extract<Sighting, { is: 'unreachable' }> } | undefined;

  const mirrorFor = async (commit: string): Promise<Mirror> => {
    const format = objectFormatOf(commit);
    let mirror = mirrors.get(format);
    if (mirror === undefined) {
      mirror = openMirror(format, settings);
      mirrors.set(format, mirror);
      mirror.catch(() => mirrors.delete(format));
    }
    return await mirror;
  };

  /** The commit that is here now, or why there is none. */
  const bring = async (): Promise<
    Exclude<Sighting, { is: 'unreachable' }> | { is: 'failed'; failure: RemoteFailure }
  > => {
    const { signal } = closing;
    const seen = await listBranch(ref, url, {
      access,
      environment,
      cwd: dataDir,
      timeout: listTimeout,
      signal,
    });
    if (seen.is !== 'at') return seen;
    const { at, fetch } = await mirrorFor(seen.commit);
    const before = await at();
    if (before === seen.commit) return seen;
    const failure = await fetch(url, signal);
    if (failure !== undefined) return { is: 'failed', failure };
    // It may have moved on between the two questions: what counts is what is here.
    const commit = (await at()) ?? seen.commit;
    log.info({ url, ref, commit, before }, 'source branch fetched');
    return { is: 'at', commit };
  };

  const fail = async (failure: RemoteFailure): Promise<Sighting> => {
    failures += 1;
    const asked = failure.is === 'busy' ? await askRetryAfter(access, now) : undefined;
    const wait = backoffDelay(failures, random, asked);
    const retryInSeconds = Math.ceil(wait);
    const sighting = {
      is: 'unreachable',
      message: failure.message,
      hint: failure.hint,
      retryInSeconds,
    } as const;
    if (asked !== undefined) leftAlone = { until: now() + wait * 1000, sighting };
    log.warn(
      { url, ref, reason: failure.is, error: failure.message, failures, retryInSeconds },
      'source not reached',
    );
    timer.set(wait);
    return sighting;
  };

  const look = singleFlight(async (): Promise<Sighting> => {
    closing.signal.throwIfAborted();
    if (leftAlone !== undefined && now() < leftAlone.until) {
      return { ...leftAlone.sighting, retryInSeconds: Math.ceil((leftAlone.until - now()) / 1000) };
    }
    leftAlone = undefined;
    const result = await bring();
    if (result.is === 'failed') return await fail(result.failure);
    if (failures > 0) log.info({ url, ref, failures }, 'source reached again');
    failures = 0;
    timer.set(pollDelay(intervalSeconds, random));
    return result;
  });

  return {
    look,
    snapshot: async (commit, previous) => {
      const { repository } = await mirrorFor(commit);
      return await takeSnapshot(repository, commit, manifestPath, previous);
    },
    isAncestor: async (ancestor, commit) => (await mirrorFor(commit)).repository.isAncestor(ancestor, commit),
    has: async (commit) => (await mirrorFor(commit)).repository.has(commit),
    pin: async (commit) => (await mirrorFor(commit)).pin(commit),
    watch: (nudge) =>
      timer.listen(
        () => {
          // If nobody looks after the nudge, the next one comes all the same.
          timer.set(pollDelay(intervalSeconds, random));
          nudge();
        },
        pollDelay(intervalSeconds, random),
      ),
    async close() {
      timer.stop();
      closing.abort();
      await look().catch(() => undefined);
      for (const mirror of mirrors.values()) await (await mirror).repository.close();
    },
  };
}
