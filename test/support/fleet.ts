// One controller and its agents for all tests of a file, with the repository that they follow.
import { existsSync, readFileSync } from 'node:fs';
import type { InvocationStatus } from '../../schemas/generated/status.ts';
import {
  eventually,
  processesWith,
  type RunningController,
  type RunningProcess,
  type Scratch,
  scratch,
  startAgent,
  startController,
} from './processes.ts';
import { makeRepository, type Repository } from './repository.ts';

type Status = InvocationStatus['status'];

export interface Fleet {
  folder: Scratch;
  repository: Repository;
  controller: RunningController;
  /** Starts an agent, or starts it anew. `env` is what its environment has beside the usual. */
  start(name: string, env?: Record<string, string>): Promise<void>;
  end(name: string, signal?: NodeJS.Signals): Promise<void>;
  /** Commits an Invocation of this spec, in place of the one that has the name, and has it looked at. */
  invoke(name: string, spec: object): Promise<void>;
  /** The status of an Invocation as soon as this holds of it. */
  status(name: string, what: string, holds: (status: Status) => boolean, seconds?: number): Promise<Status>;
  /** The same, as soon as its run has ended everywhere. */
  ended(name: string): Promise<Status>;
  /** The lines that scripts have left in the file that `witness` names. */
  witnessed(name: string): string[];
  witness(name: string): string;
  /** Ends and removes everything, and throws if a process of an execution was left. */
  close(): Promise<void>;
}

export async function startFleet(names: readonly string[], ...flags: string[]): Promise<Fleet> {
  const folder = scratch();
  const repository = makeRepository(folder.path());
  repository.push({ '../README.md': 'x\n' });
  const settings = { repo: repository.bare, data: folder.path('controller') };
  const controller = await startController(settings, ...flags);
  const agents = new Map<string, RunningProcess>();
  const token = readFileSync(folder.path('controller', 'operator-token'), 'utf8').trim();
  // What the command line asks for; a process for each question would take most of the time.
  const call = (method: string, path: string): Promise<Response> =>
    fetch(`${controller.url}${path}`, { method, headers: { authorization: `Bearer ${token}` } });
  const fleet: Fleet = {
    folder,
    repository,
    controller,
    async start(name, env = {}) {
      await agents.get(name)?.end();
      agents.set(name, await startAgent(controller, { name, data: folder.path(name), env }));
    },
    async end(name, signal) {
      await agents.get(name)?.end(signal);
    },
    async invoke(name, spec) {
      // JSON is YAML.
      const manifest = { apiVersion: 'groundcrew.dev/v1', kind: 'Invocation', metadata: { name }, spec };
      repository.push({ [`${name}.yaml`]: JSON.stringify(manifest, null, 2) });
      await call('POST', '/v1/reconcile');
    },
    status: (name, what, holds, seconds) =>
      eventually(
        `${name} ${what}`,
        async () => {
          const answer = await call('GET', `/v1/invocations/${name}`);
          if (!answer.ok) return undefined;
          const document: InvocationStatus = JSON.parse(await answer.text());
          return holds(document.status) ? document.status : undefined;
        },
        seconds,
      ),
    ended: (name) => fleet.status(name, 'has ended', ({ run }) => run?.endedAt !== undefined),
    witness: (name) => folder.path(`witness-${name}`),
    witnessed(name) {
      const path = fleet.witness(name);
      return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];
    },
    async close() {
      await Promise.all([...agents.values()].map((agent) => agent.end()));
      const { items } = JSON.parse(controller.cli('get', 'executions', '-o', 'json'));
      await controller.end();
      folder.remove();
      const ids: string[] = items.map(({ metadata }: { metadata: { name: string } }) => metadata.name);
      const left = ids.flatMap((id) => processesWith(`GROUNDCREW_EXECUTION=${id}`));
      for (const pid of left) process.kill(pid, 'SIGKILL');
      if (left.length > 0) throw new Error(`${left.length} processes of executions were left`);
    },
  };
  for (const name of names) await fleet.start(name);
  return fleet;
}

/** An inline shell script. */
export function shell(content: string): { type: string; content: string } {
  return { type: 'RunShellScript', content };
}
