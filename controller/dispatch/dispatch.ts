// Execution ⇄ instance: who an agent is, what it is offered, what it reports, what is stopped.
import type { Logger } from 'pino';
import type {
  BlobAnswer,
  BlobRequest,
  EnrolAnswer,
  EnrolRequest,
  LogChunk,
  Message,
  PollAnswer,
  ReportAnswer,
  StopAnswer,
  StopRequest,
} from '../../schemas/generated/wire.ts';
import type { KeyPair } from '../../schemas/seal.ts';
import { occurrenceKey } from '../run/occurrence.ts';
import { recurs } from '../run/run.ts';
import type { Blobs } from '../store/blobs.ts';
import type { Ledger } from '../store/ledger.ts';
import { countAttempts } from './attempts.ts';
import { countClaims } from './claims.ts';
import { type Codes, openCodes } from './codes.ts';
import { type ContentsNeeds, openContents } from './contents.ts';
import { enrol } from './enrol.ts';
import { openForgetting, type Publication } from './forget.ts';
import { giveBlob } from './give-blob.ts';
import { type LogSelection, readLogs } from './logs.ts';
import type { Render } from './orders.ts';
import { openOutputs } from './outputs.ts';
import { openPolls } from './poll.ts';
import { type Answered, done, refuse } from './refusal.ts';
import { report } from './report.ts';
import { openScripts } from './scripts.ts';
import type { Session } from './session.ts';
import { openSessions, type Sessions } from './sessions.ts';
import { stop } from './stop.ts';

export interface Dispatch {
  readonly codes: Codes;
  readonly sessions: Sessions;
  enrol(request: EnrolRequest, address: string): Promise<Answered<EnrolAnswer>>;
  /** Resolves when there are orders, or with none after pollSeconds. `connection` is where the answer will go. */
  poll(session: Session, room: number, connection: { readonly destroyed: boolean }): Promise<PollAnswer>;
  report(session: Session, messages: readonly Message[]): Promise<Answered<ReportAnswer>>;
  /** A piece of a blob that the instance needs. */
  blob(session: Session, request: BlobRequest): Promise<Answered<BlobAnswer>>;
  /** `by` is the name of who asks. */
  stop(invocation: string, request: StopRequest, by: string): Promise<Answered<StopAnswer>>;
  /** Output of the run in force. `instance` is an id or a name. */
  logs(
    invocation: string,
    selection: Omit<LogSelection, 'run'>,
  ): Promise<Answered<AsyncGenerator<LogChunk, void, undefined>>>;
  parkedPolls(): number;
  /** Answers what is parked; from now on each poll is answered at once. */
  close(): void;
}

export interface DispatchOptions {
  ledger: Ledger;
  blobs: Blobs;
  refetch: ContentsNeeds['refetch'];
  /** The pair of openIdentity. */
  controllerKey: KeyPair;
  /** Milliseconds since 1970. */
  now: () => number;
  random: (bytes: number) => Buffer;
  render: Render;
  publication: Publication;
  log: Logger;
  /** How long a poll is held, ± 10 %; 50 if it is not given. */
  pollSeconds?: number;
  /** Executions at once on an instance; 10 if it is not given. */
  mostRunning?: number;
  /** Between asking a script to end and killing it; the agent's own time if it is not given. */
  graceSeconds?: number;
  /** Bytes of output that are kept of each execution; 24 KiB if it is not given. */
  outputBytes?: number;
  /** Of executions that this controller does not know, for each instance; 10,000 if it is not given. */
  mostClaims?: number;
  /** What is counted, for metrics. */
  counted?: { offers?: (count: number) => void; reports?: (messages: number) => void };
}

/** As long as proxies wait that give up after a minute: each poll costs an idle agent more than all the rest. */
const usualPollSeconds = 50;
const usualOutputBytes = 24 * 1024;

export async function openDispatch(options: DispatchOptions): Promise<Dispatch> {
  const { ledger, blobs, refetch, controllerKey, now, random, render, publication, log, counted } = options;
  const { pollSeconds = usualPollSeconds, outputBytes = usualOutputBytes } = options;
  const codes = await openCodes({ ledger, publicKey: controllerKey.publicKey, now, random });
  const outputs = await openOutputs(ledger, outputBytes);
  const forgetting = await openForgetting(ledger, publication);
  const contents = openContents({ blobs, refetch, log });
  const polls = openPolls({
    ledger,
    materials: {
      scripts: openScripts(ledger.store),
      contents,
      render,
      ...(options.graceSeconds !== undefined && { graceSeconds: options.graceSeconds }),
    },
    now,
    jitter: evenlySpread(random(1).readUInt8() / 256),
    pollSeconds,
    forgetBefore: forgetting.forgetBefore,
    onlineSince: (instance) => sessions.onlineSince(instance),
    wasThere: (instance) => sessions.wasThere(instance),
    offered: (count) => counted?.offers?.(count),
    log,
  });
  const sessions: Sessions = openSessions({
    ledger,
    controllerKey,
    now,
    random,
    pollSeconds,
    limits: { running: options.mostRunning ?? 10, outputBytes },
    hasPoll: polls.has,
    ended: polls.release,
  });
  const enrolment = {
    ledger,
    codes,
    attempts: countAttempts(now),
    controllerKey: controllerKey.publicKey,
    now,
  };
  const claims = await countClaims(ledger, options.mostClaims);
  const reporting = { ledger, outputs, claims, now, log, wake: polls.wake };
  const stopWaking = wakeOnChange(ledger, polls.wake);

  return {
    codes,
    sessions,
    enrol: (request, address) => enrol(enrolment, request, address),
    poll: polls.poll,
    report(session, messages) {
      counted?.reports?.(messages.length);
      return report(reporting, session, messages);
    },
    blob: (session, request) => giveBlob(ledger, contents, session, request),
    stop: (invocation, request, by) => stop(ledger, invocation, request, { name: by, at: now() }),
    async logs(invocation, { instance: idOrName, occurrence, follow, signal }) {
      const record = ledger.invocations.get(invocation);
      if (record === undefined) return refuse('InvocationUnknown');
      const instance = idOrName === undefined ? undefined : ledger.findInstance(idOrName);
      if (idOrName !== undefined && instance === undefined) return refuse('TargetUnknown');
      const { run } = record;
      if (occurrence !== undefined && !(await hasOccurrence(ledger, run, occurrence)))
        return refuse('OccurrenceUnknown');
      const only = {
        ...(instance !== undefined && { instance: instance.id }),
        ...(occurrence !== undefined && { occurrence }),
      };
      return done(readLogs(ledger, { run, ...only, follow, signal }));
    },
    parkedPolls: polls.parked,
    close() {
      stopWaking();
      forgetting.close();
      polls.close();
    },
  };
}

async function hasOccurrence(ledger: Ledger, run: string, occurrence: string): Promise<boolean> {
  const { repeat } = ledger.runs.get(run) ?? {};
  if (occurrence === 'all') return true;
  if (repeat === undefined || !recurs(repeat)) return occurrence === 'once';
  return (await ledger.store.get('occurrence', occurrenceKey(run, occurrence))) !== undefined;
}

/** Numbers between 0 and 1 that never bunch: polls that began together do not end together. */
function evenlySpread(first: number): () => number {
  let last = first;
  return () => {
    last = (last + 0.618_033_988_75) % 1;
    return last;
  };
}

/** What waits, is to stop, or has made room by its end is worth a look; so is an instance that is gone. */
function wakeOnChange(ledger: Ledger, wake: (instance: string) => void): () => void {
  return ledger.onChange((changes) => {
    for (const change of changes) {
      if ('delete' in change) {
        if (change.delete === 'instance') wake(change.key);
        continue;
      }
      if (change.put !== 'execution') continue;
      const { state, instance } = change.value;
      if (state.is === 'waiting' || state.is === 'stopping' || state.is === 'ended') wake(instance);
    }
  });
}
