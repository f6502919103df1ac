// The controller, wired: the one place that knows the clock, chance and the process it runs in.
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Logger, pino } from 'pino';
import { durationSeconds } from '../schemas/duration.ts';
import type { ControllerConfig } from '../schemas/generated/config.ts';
import type { ReconcileAnswer } from '../schemas/generated/wire.ts';
import { openDispatch } from './dispatch/dispatch.ts';
import { openIdentity } from './dispatch/identity.ts';
import { makeRender } from './dispatch/render.ts';
import { openTokens } from './dispatch/tokens.ts';
import { openMetrics } from './http/metrics.ts';
import { openHttp } from './http/server.ts';
import { knowsWhatRan } from './knows-what-ran.ts';
import { limitsOf } from './manifest/limits.ts';
import type { Condition, Outcome } from './reconcile/outcome.ts';
import type { PassResult } from './reconcile/pass.ts';
import { openReconciler } from './reconcile/reconciler.ts';
import { commandHistory } from './results/command-history.ts';
import { isPlace } from './results/find-executions.ts';
import { keepSweeping } from './results/retention.ts';
import { gitSettings, readSettings } from './settings.ts';
import { openSource } from './source/open-source.ts';
import { Refused } from './source/refused.ts';
import { startFailure } from './start-failure.ts';
import { documentsOf } from './status/documents.ts';
import { statusWriter } from './status/status-writer.ts';
import { openBlobFolder } from './store/blob-folder.ts';
import { openLevelStore } from './store/level-store.ts';
import { openLedger } from './store/open-ledger.ts';
import type { Store } from './store/port.ts';
import { StoreFailed } from './store/store-errors.ts';

/** As everywhere on the command line. */
const wrongUsage = 64;
/** EX_TEMPFAIL: start it again. */
const tryAgain = 75;

/** Where the process runs, and the PATH that it finds git and ssh in. */
const place = {
  workingFolder: process.cwd(),
  searchPath: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
};

const schedule = (callback: () => void, milliseconds: number): (() => void) => {
  const timer = setTimeout(callback, milliseconds);
  return () => clearTimeout(timer);
};
const now = (): number => Date.now();
const isoNow = (): string => new Date(now()).toISOString();

/** Runs until SIGTERM or SIGINT. Ends the process where it cannot start, and when the store fails. */
export async function runController(config: ControllerConfig): Promise<void> {
  const log = pino({ level: config['log-level'] ?? 'info' });
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort());
  const close = await startController(config, log, stopping.signal).catch((error: unknown) => {
    log.fatal(startFailure(error), 'The controller cannot start');
    process.exit(error instanceof Refused ? wrongUsage : 1);
  });
  if (!stopping.signal.aborted) {
    await new Promise((resolve) => stopping.signal.addEventListener('abort', resolve, { once: true }));
  }
  log.info('Stopping');
  await close();
  log.info('Stopped');
}

/** Resolves, once it serves, with how to stop it. */
async function startController(
  options: ControllerConfig,
  log: Logger,
  stop: AbortSignal,
): Promise<() => Promise<void>> {
  const settings = readSettings(options, process.cwd());
  const { config, data, intervalSeconds, listen, tls } = settings;
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const store = endingOnFailure(await openLevelStore(join(data, 'store'), { newEpoch: randomUUID }), log);
  const ledger = await openLedger(store, (error) => endProcess(log, error));
  const blobs = await openBlobFolder(join(data, 'blobs'));
  const controllerKey = openIdentity(data);
  const tokens = await openTokens({ ledger, folder: data, now, random: randomBytes });
  const git = gitSettings(settings, place);
  const statusBranch = { ...git.status, signal: stop };
  if (!(await knowsWhatRan(ledger, settings, statusBranch, log, isoNow))) return store.close;

  let passes = 0;
  let onlineSince: (instance: string) => string | undefined = () => undefined;
  let hasCalled: (instance: string) => boolean = () => false;
  let looks: (result: 'at' | 'missing' | 'unreachable') => void = () => {};
  const source = openSource({
    repo: config.repo,
    branch: config.branch ?? 'main',
    path: config.path ?? 'manifests',
    dataDir: data,
    intervalSeconds,
    credentials: git.reading,
    log,
    now,
    random: Math.random,
    ...place,
  });
  const look = async () => {
    const sighting = await source.look();
    looks(sighting.is);
    return sighting;
  };
  const reconciler = await openReconciler({
    source: { ...source, look },
    ledger,
    blobs,
    limits: limitsOf(config),
    guard: { maxDeletions: config['max-deletions'] ?? 20, maxTargets: config['max-targets'] ?? 20_000 },
    mostInLine: (config['max-running'] ?? 10) + (config['max-in-line'] ?? 500),
    onlineSince: (id) => onlineSince(id),
    hasCalled: (id) => hasCalled(id),
    now: isoNow,
    clock: () => performance.now(),
    onPass(result, milliseconds) {
      passes += 1;
      metrics.passEnded(result.steps.length > 0 ? 'changed' : 'unchanged', milliseconds / 1000);
      if (result.steps.length > 0)
        log.info({ steps: result.steps.slice(0, 20), of: result.steps.length }, 'Pass');
      tellSource(result.outcome);
      status.nudge();
    },
    onFailure(error) {
      metrics.passEnded('failed', 0);
      log.error({ err: error }, 'A pass failed and is made again');
      return true;
    },
  });
  let told = 'Fetched';
  function tellSource(outcome: Outcome): void {
    const { message, reason } = sourceReady(outcome) ?? { message: '', reason: told };
    if (reason === told) return;
    told = reason;
    if (reason === 'Fetched') log.info('The branch can be read again');
    else log.warn({ reason, detail: message }, 'The branch cannot be followed');
  }
  const status = statusWriter({
    ledger,
    documents: documentsOf(ledger, reconciler.outcome),
    outcome: reconciler.outcome,
    ...git.status,
    now,
    random: Math.random,
    schedule,
    onFlush(flushed) {
      const faulty = flushed.is === 'fault';
      metrics.statusFlushed(faulty ? 'failed' : flushed.is === 'published' ? 'committed' : 'unchanged');
      caughtUp ||= !faulty && passes > 0;
      if (faulty)
        log.warn({ reason: flushed.reason, detail: flushed.message }, 'The status branch was not written');
      else if (flushed.is === 'published')
        log.info({ commit: flushed.commit, files: flushed.files }, 'Status written');
    },
  });
  let caughtUp = false;
  const dispatch = await openDispatch({
    ledger,
    blobs,
    refetch: reconciler.refetch,
    controllerKey,
    now,
    random: randomBytes,
    render: makeRender({ region: config.region ?? '', account: config.account ?? '' }),
    mostRunning: config['max-running'] ?? 10,
    graceSeconds: durationSeconds(config['stop-grace'] ?? '5s') ?? 5,
    publication: { caughtUp: () => caughtUp, isPublished: status.isPublished },
    outputBytes: settings.outputBytes,
    log,
    counted: { offers: (count) => metrics.offered(count), reports: (count) => metrics.reported(count) },
  });
  onlineSince = (id) => {
    const since = dispatch.sessions.onlineSince(id);
    return since === undefined ? undefined : new Date(since).toISOString();
  };
  hasCalled = dispatch.sessions.hasCalled;
  const metrics = openMetrics({
    parkedPolls: dispatch.parkedPolls,
    sessions: () => dispatch.sessions.inUse(),
    instances: () => ledger.instances.size,
    problems: () => reconciler.outcome().problems.length,
    holds: () => reconciler.outcome().holds.length,
  });
  looks = metrics.lookedAtGit;
  metrics.follow(ledger);

  const outcome = (): Outcome => {
    const last = reconciler.outcome();
    const branch = status.condition();
    return branch === undefined ? last : { ...last, conditions: [...last.conditions, branch] };
  };
  const online = (id: string): boolean => dispatch.sessions.onlineSince(id) !== undefined;
  const http = await openHttp({
    listen,
    ...(tls !== undefined && { tls }),
    log,
    services: {
      dispatch,
      tokens,
      documents: documentsOf(ledger, outcome, online),
      instanceId: (idOrName) => ledger.findInstance(idOrName)?.id,
      isPlace: (after) => isPlace(ledger, after),
      commandHistory: (name) => commandHistory(ledger, name),
      script: async (digest) => (await ledger.store.get('script', digest))?.text,
      reconcile: async () => answerOf(await reconciler.now()),
      ack: async ({ hold, reason }, by) => (await reconciler.ack(hold, by, reason ?? '')) !== undefined,
      isReady: () => passes > 0,
      metrics: metrics.text,
    },
  });
  const stopSweeping = keepSweeping({
    ledger,
    keep: settings.keep,
    pause: () => sleep(1),
    now: isoNow,
    schedule,
    onSwept(removed) {
      if (removed > 0) log.info({ removed }, 'Old results were removed');
    },
    onFailure: (error) => log.error({ err: error }, 'Old results could not be removed; it is tried again'),
  });
  const stopWatching = source.watch(reconciler.look);
  reconciler.look();
  log.info({ url: http.url, epoch: ledger.epoch, repo: config.repo }, 'Serving');

  return async () => {
    stopWatching();
    await stopSweeping();
    await http.close();
    await reconciler.close();
    await status.close();
    await source.close();
    await store.close();
  };
}

function sourceReady({ conditions }: Outcome): Condition | undefined {
  return conditions.find(({ type }) => type === 'SourceReady');
}

function answerOf({ outcome, steps }: PassResult): ReconcileAnswer {
  const source = sourceReady(outcome);
  if (source === undefined) throw new Error('a pass without a look');
  return {
    source,
    ...(outcome.acceptedCommit !== undefined && { commit: outcome.acceptedCommit }),
    steps: steps.slice(0, 1000),
    problems: outcome.problems.length,
    holds: [...outcome.holds],
  };
}

/** Where a commit fails, what is on disk is unknown. Another start reads it anew; going on would guess. */
function endingOnFailure(store: Store, log: Logger): Store {
  return {
    ...store,
    commit: (changes) => store.commit(changes).catch((error: unknown) => endProcess(log, error)),
  };
}

function endProcess(log: Logger, error: unknown): never {
  log.fatal({ err: error, hint: error instanceof StoreFailed ? error.hint : undefined }, 'The store failed');
  process.exit(tryAgain);
}
