// The agent: poll → journal → run → report. Bundled into one file (dist/agent.mjs), and what `groundcrew agent`
// runs.
import { randomBytes } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { hostname } from 'node:os';
import { pathToFileURL } from 'node:url';
import type { KeyPair } from '../schemas/seal.ts';
import { AgentFault, exitCodes, messageOf } from './fault.ts';
import { type Halt, makeHalt } from './halt.ts';
import { ownAccount } from './host/account.ts';
import { readFacts } from './host/facts.ts';
import { openDataFolder } from './identity/data-folder.ts';
import { type Identity, readIdentity, readOrMakeKey, writeIdentity } from './identity/identity.ts';
import { takeLock } from './identity/lock.ts';
import { openJournal } from './journal/journal.ts';
import { jsonLog, type Log } from './log.ts';
import { powerCommands } from './power/action.ts';
import { serve } from './serve.ts';
import { type AgentSettings, readEnrolCode, readSettings } from './settings.ts';
import { controllerUrl } from './wire/controller-url.ts';
import { type Line, openLine } from './wire/post.ts';

/** Serves until the signal is aborted; what runs then goes on running. Throws an AgentFault when it cannot serve. */
export async function runAgent(settings: AgentSettings & { log: Log }, signal: AbortSignal): Promise<void> {
  if (process.platform === 'win32') throw noWindows();
  const { dataDir, log, keepScripts } = settings;
  const url = controllerUrl(settings.controller);
  const { tasks } = openDataFolder(dataDir);
  const release = takeLock(dataDir);
  const line = await openLine(url, settings.caFile);
  const halt = makeHalt();
  signal.addEventListener('abort', halt.ask);
  if (signal.aborted) halt.ask();
  try {
    const key = readOrMakeKey(dataDir);
    const identity = readIdentity(dataDir) ?? (await enrolled(settings, key, line, halt));
    log.info('Serving', { instance: identity.instance, name: identity.name, controller: url.href });

    let failure: { error: unknown } | undefined;
    const onError = (error: unknown) => {
      if (halt.asked) return;
      failure = { error };
      halt.ask();
    };
    const at = () => new Date().toISOString();
    const newId = () => randomBytes(16).toString('hex');
    const journal = await openJournal({ dataDir, newId, at, log, onError });
    // It returns when nothing of it is under way: the lock may be given back.
    await serve({
      identity,
      key,
      journal,
      tasks,
      post: line.post,
      log,
      at,
      facts: readFacts(),
      monotonic: () => performance.now(),
      random: Math.random,
      surroundings: {
        path: process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin',
        account: ownAccount(),
        platform: { os: 'posix' },
      },
      keepScripts,
      powerCommands: {
        off: settings.powerOff ?? powerCommands.posix.off,
        reboot: settings.reboot ?? powerCommands.posix.reboot,
      },
      onError,
      stopped: halt,
    });
    await journal.close();
    if (failure !== undefined)
      throw new AgentFault(
        `the agent cannot go on: ${messageOf(failure.error)}`,
        exitCodes.restart,
        failure.error,
      );
  } finally {
    halt.ask();
    signal.removeEventListener('abort', halt.ask);
    line.close();
    release();
  }
}

/** The agent as a program; resolves with its exit code. */
export async function main(
  argv: string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const log = jsonLog((text) => process.stderr.write(text), Date.now);
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGTERM', onSignal);
  process.once('SIGINT', onSignal);
  let code = 0;
  try {
    await runAgent({ ...readSettings(argv, env), log }, stop.signal);
  } catch (error) {
    log.error('The agent ends', { error: messageOf(error) });
    code = error instanceof AgentFault ? error.exitCode : exitCodes.restart;
  } finally {
    process.removeListener('SIGTERM', onSignal);
    process.removeListener('SIGINT', onSignal);
  }
  // Its lock is free: should anything still keep the process alive, it must not live on beside the next agent.
  setTimeout(() => process.exit(code), 1_000).unref();
  return code;
}

async function enrolled(
  settings: AgentSettings & { log: Log },
  key: KeyPair,
  { post }: Line,
  signal: Halt,
): Promise<Identity> {
  const { controller, log, labels } = settings;
  const code = readEnrolCode(settings);
  const name = settings.name ?? hostname();
  // Needed once in an agent's life; it costs the others nothing.
  const { enrol } = await import('./identity/enrol.ts');
  const facts = readFacts();
  const identity = await enrol({
    post,
    log,
    controller,
    code,
    key,
    name,
    labels,
    facts,
    random: Math.random,
    signal,
  });
  writeIdentity(settings.dataDir, identity);
  log.info('Enrolled', { instance: identity.instance, name: identity.name });
  return identity;
}

/** Better than an agent that takes orders and fails at each. */
function noWindows(): AgentFault {
  return new AgentFault(
    'there is no agent for Windows yet: what keeps a script and its end, whatever happens to the agent, is a /bin/sh program',
    exitCodes.refused,
  );
}

function isEntry(): boolean {
  const entry = process.argv[1];
  return (
    entry !== undefined && existsSync(entry) && import.meta.url === pathToFileURL(realpathSync(entry)).href
  );
}

if (isEntry()) process.exitCode = await main(process.argv.slice(2), process.env);
