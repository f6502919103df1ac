// A controller without Git: a real store on disk, dispatch, and the real HTTP server in front of it.
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { type Dispatch, type DispatchOptions, openDispatch } from '../../controller/dispatch/dispatch.ts';
import { openIdentity } from '../../controller/dispatch/identity.ts';
import { openTokens } from '../../controller/dispatch/tokens.ts';
import { type HttpOptions, type HttpServer, openHttp } from '../../controller/http/server.ts';
import type { Services } from '../../controller/http/services.ts';
import { commandHistory } from '../../controller/results/command-history.ts';
import { isPlace } from '../../controller/results/find-executions.ts';
import type { Execution } from '../../controller/run/execution.ts';
import type { Run, Work } from '../../controller/run/run.ts';
import { openBlobFolder } from '../../controller/store/blob-folder.ts';
import type { Blobs } from '../../controller/store/blobs.ts';
import type { Ledger } from '../../controller/store/ledger.ts';
import { openLevelStore } from '../../controller/store/level-store.ts';
import { openLedger } from '../../controller/store/open-ledger.ts';
import type { Change } from '../../controller/store/port.ts';
import { sha256 } from '../../schemas/digest.ts';
import { executionIdOf, runIdOf } from '../../schemas/identity.ts';
import { type AgentClient, agentClient } from './agent-client.ts';
import { shellRun, waiting } from './run.ts';

export interface Edge {
  folder: string;
  ledger: Ledger;
  blobs: Blobs;
  dispatch: Dispatch;
  services: Services;
  server: HttpServer;
  address: { host: string; port: number };
  token: string;
  /** Every log line, parsed. */
  logged: { msg: string; level: number }[];
  /** An enrolled agent without a session. */
  enrolled(name?: string): Promise<AgentClient>;
  /** The same data folder, opened again: as after a crash of the controller. */
  restart(): Promise<Edge>;
  /** Ends everything and removes the folder. */
  close(): Promise<void>;
}

export interface EdgeOptions {
  folder?: string;
  now?: () => number;
  dispatch?: Partial<DispatchOptions>;
  services?: Partial<Services>;
  http?: Partial<HttpOptions>;
}

export async function openEdge(options: EdgeOptions = {}): Promise<Edge> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'groundcrew-edge-')));
  const now = options.now ?? (() => Date.now());
  const logged: Edge['logged'] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void logged.push(JSON.parse(line)) });
  const store = await openLevelStore(join(folder, 'store'), {
    newEpoch: () => randomBytes(8).toString('hex'),
  });
  const ledger = await openLedger(store);
  const blobs = await openBlobFolder(join(folder, 'blobs'));
  const dispatch = await openDispatch({
    ledger,
    blobs,
    refetch: async () => false,
    controllerKey: openIdentity(folder),
    now,
    random: randomBytes,
    render: (script) => ({ script, environment: {} }),
    publication: { caughtUp: () => true, isPublished: () => false },
    log,
    ...options.dispatch,
  });
  const services: Services = {
    dispatch,
    tokens: await openTokens({ ledger, folder, now, random: randomBytes }),
    documents: noDocuments,
    instanceId: (idOrName) => ledger.findInstance(idOrName)?.id,
    isPlace: (after) => isPlace(ledger, after),
    commandHistory: (name) => commandHistory(ledger, name),
    script: async (digest) => (await ledger.store.get('script', digest))?.text,
    reconcile: async () => ({ source: sourceReady, steps: [], problems: 0, holds: [] }),
    ack: async () => false,
    isReady: () => true,
    metrics: async () => ({ text: '', contentType: 'text/plain' }),
    ...options.services,
  };
  const server = await openHttp({ listen: { host: '127.0.0.1', port: 0 }, services, log, ...options.http });
  const address = { host: '127.0.0.1', port: Number(new URL(server.url).port) };
  const clients: AgentClient[] = [];

  const stop = async () => {
    for (const client of clients) client.close();
    await server.close();
    await store.close();
  };
  return {
    folder,
    ledger,
    blobs,
    dispatch,
    services,
    server,
    address,
    token: (await readFile(join(folder, 'operator-token'), 'utf8')).trim(),
    logged,
    async enrolled(name = `agent-${clients.length + 1}`) {
      const client = agentClient(address, name);
      clients.push(client);
      const { code = '' } = await dispatch.codes.create({});
      const answer = await client.enrol(code);
      if (answer.status !== 200) throw new Error(answer.body);
      return client;
    },
    async restart() {
      await stop();
      return openEdge({ ...options, folder });
    },
    async close() {
      await stop();
      await rm(folder, { recursive: true });
    },
  };
}

/** Accepts a run of this Invocation, of a script or other work, on these instances; its executions, in their order. */
export async function accept(
  ledger: Ledger,
  invocation: string,
  instances: readonly string[],
  script = `echo ${invocation}`,
  work: Work = shellRun(sha256(script)).work,
): Promise<string[]> {
  const digest = sha256(`${invocation} ${script} ${ledger.runs.size}`);
  const run: Run = {
    id: runIdOf(digest),
    digest,
    digestWithoutName: sha256(script),
    invocation,
    ...shellRun(sha256(script)),
    work,
    acceptedAt: new Date(Date.UTC(2026, 10, 1) + ledger.runs.size).toISOString(),
    source: { commit: '0'.repeat(40), path: 'a.yaml', line: 1 },
  };
  const executions = instances.map((instance): Execution => {
    const id = executionIdOf(run.id, 'once', instance);
    return { id, run: run.id, occurrence: 'once', instance, state: waiting };
  });
  const before = ledger.invocations.get(invocation);
  const changes: Change[] = [
    { put: 'script', key: sha256(script), value: { text: script } },
    { put: 'run', key: run.id, value: run },
    {
      put: 'invocation',
      key: invocation,
      value: {
        name: invocation,
        path: 'a.yaml',
        targetsDigest: '',
        run: run.id,
        pastRuns: before === undefined ? [] : [before.run, ...before.pastRuns],
        lateJoiners: 'Ignore',
        deletionPolicy: 'Finish',
        stop: false,
      },
    },
    ...executions.map((value): Change => ({ put: 'execution', key: value.id, value })),
  ];
  await ledger.commit(changes);
  return executions.map(({ id }) => id);
}

const noDocuments: Services['documents'] = {
  commands: () => ({ items: [] }),
  invocations: () => ({ items: [] }),
  instances: () => ({ items: [] }),
  executions: () => ({ items: [] }),
  execution: () => undefined,
  controllerDocument: () => ({
    apiVersion: 'groundcrew.dev/v1',
    kind: 'ControllerStatus',
    metadata: { name: 'controller' },
    status: { epoch: 'e', conditions: [], holds: [], problems: [] },
  }),
  commandDocument: () => undefined,
  invocationDocument: () => undefined,
  instanceDocument: () => undefined,
};

/** The branch was read. */
export const sourceReady = {
  type: 'SourceReady',
  status: 'True',
  reason: 'Fetched',
  message: '',
  since: '2026-01-01T00:00:00.000Z',
} as const;
