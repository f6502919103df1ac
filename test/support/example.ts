// An example as its README tells it: its files pushed commit by commit, to a real controller and real agents.
// What the README says is printed must be what is printed; with RECORD_EXAMPLES=1 it is written there instead.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { parseAllDocuments } from 'yaml';
import type { InvocationStatus } from '../../schemas/generated/status.ts';
import {
  eventually,
  type RunningController,
  type RunningProcess,
  type Scratch,
  scratch,
  startAgent,
  startController,
} from './processes.ts';
import { makeRepository, type Repository } from './repository.ts';

const recording = process.env['RECORD_EXAMPLES'] === '1';
const bin = fileURLToPath(new URL('../../bin/groundcrew.js', import.meta.url));
const root = fileURLToPath(new URL('../../examples/', import.meta.url));

export interface Machine {
  name: string;
  labels?: Record<string, string>;
  /** A command line that its agent is run by. */
  under?: readonly string[];
}

/** What is otherwise on the test's machine: a field of `spec`, with dots between the keys, and its value. */
export type Changes = Record<string, string>;

export interface RunningExample {
  folder: Scratch;
  repository: Repository;
  controller: RunningController;
  /** Starts the agents, each once it has enrolled. */
  enrol(...machines: Machine[]): Promise<void>;
  /** Pushes `manifests`, or a folder in `then/`, with these changes in every Invocation; it is accepted as it is. */
  commit(from: string, changes?: Changes): void;
  /** Status of an Invocation, once all of its run has ended. */
  ended(invocation: string): Promise<InvocationStatus['status']>;
  /** Status of an Invocation on the status branch, once that says what the controller knows. */
  inGit(invocation: string): Promise<InvocationStatus['status']>;
  /** Types the README's next command if it is this one; what it prints must be what the README shows. */
  types(command: string): void;
  /** What the README shows and nobody has typed. */
  untyped(): string[];
  end(): Promise<void>;
}

/** An example with a controller. `real` are the places that its README names, and where they are in this test. */
export async function startExample(
  name: string,
  real: (folder: Scratch) => Record<string, string> = () => ({}),
  ...flags: string[]
): Promise<RunningExample> {
  const folder = scratch();
  const repository = makeRepository(folder.path());
  repository.push({ '../README.md': 'The manifests are in manifests/.\n' });
  const data = folder.path('controller');
  const controller = await startController({ repo: repository.bare, data }, ...flags);
  const token = join(data, 'operator-token');
  const agents: RunningProcess[] = [];
  const readme = join(root, name, 'README.md');
  const shown = transcript(readFileSync(readme, 'utf8'));
  const typed: Shown[] = [];

  /** What `get invocations -o json` shows, without a process each time. */
  async function known(invocation: string): Promise<InvocationStatus['status']> {
    const headers = { authorization: `Bearer ${readFileSync(token, 'utf8').trim()}` };
    const answer = await fetch(`${controller.url}/v1/invocations/${invocation}`, { headers });
    const text = await answer.text();
    if (!answer.ok) throw new Error(text);
    const document: InvocationStatus = JSON.parse(text);
    return document.status;
  }

  return {
    folder,
    repository,
    controller,
    async enrol(...machines) {
      for (const machine of machines)
        agents.push(await startAgent(controller, { ...machine, data: folder.path(`agent-${machine.name}`) }));
    },
    commit(from, changes = {}) {
      const commit = repository.push(filesOf(join(root, name, from), changes));
      const said = controller.cli('reconcile');
      if (!said.startsWith(`in force: ${commit}\n`) || /problem|held/.test(said)) throw new Error(said);
    },
    ended: (invocation) =>
      eventually(`${invocation} has ended`, async () => {
        const status = await known(invocation);
        const { total, Finished = 0, Failed = 0, Stopped = 0 } = status.counts;
        return total > 0 && Finished + Failed + Stopped === total ? status : undefined;
      }),
    inGit: (invocation) =>
      eventually(`what is known of ${invocation} is in Git`, async () => {
        await sleep(200);
        const status = repository.invocation(invocation);
        return status !== undefined && isDeepStrictEqual(status, await known(invocation))
          ? status
          : undefined;
      }),
    types(command) {
      const next = shown[typed.length];
      if (next?.command !== command)
        throw new Error(`the README shows \`${next?.command}\` next, not \`${command}\``);
      const env = {
        PATH: process.env['PATH'],
        GROUNDCREW_CONTROLLER: controller.url,
        GROUNDCREW_TOKEN_FILE: token,
      };
      const [, ...words] = command.split(' ');
      const { stdout, stderr } = spawnSync(process.execPath, [bin, ...words], { encoding: 'utf8', env });
      let printed = stdout + stderr;
      for (const [place, here] of Object.entries(real(folder))) printed = printed.replaceAll(here, place);
      typed.push({ command, output: printed });
      if (!recording && plain(printed) !== plain(next.output))
        throw new Error(
          `${name}/README.md shows for \`${command}\`\n${next.output}\nand it prints\n${printed}`,
        );
    },
    untyped: () => shown.slice(typed.length).map(({ command }) => command),
    async end() {
      await Promise.all(agents.map((agent) => agent.end()));
      await controller.end();
      folder.remove();
      if (recording) writeFileSync(readme, recorded(readFileSync(readme, 'utf8'), typed));
    },
  };
}

/** Text by path below a folder, with every Invocation changed. */
function filesOf(folder: string, changes: Changes): Record<string, string> {
  const files = readdirSync(folder, { withFileTypes: true, recursive: true }).filter((entry) =>
    entry.isFile(),
  );
  return Object.fromEntries(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const text = readFileSync(path, 'utf8');
      return [path.slice(folder.length + 1), path.endsWith('.yaml') ? changed(text, changes) : text];
    }),
  );
}

function changed(text: string, changes: Changes): string {
  const documents = parseAllDocuments(text);
  for (const document of documents)
    if (document.get('kind') === 'Invocation')
      for (const [key, value] of Object.entries(changes)) document.setIn(['spec', ...key.split('.')], value);
  return documents.map((document) => document.toString()).join('');
}

interface Shown {
  command: string;
  output: string;
}

/** A `groundcrew` command in a console block, and what is printed after it. `validate` needs no controller. */
const shownCommand = /^\$ (groundcrew (?!validate).*)\n((?:(?!\$ |```).*\n)*)/gm;

function transcript(readme: string): Shown[] {
  return [...readme.matchAll(shownCommand)].map(([, command = '', output = '']) => ({ command, output }));
}

/** The README with what was printed, in the order in which it was typed. */
function recorded(readme: string, typed: readonly Shown[]): string {
  const outputs = typed.map(({ output }) => `${output.trimEnd()}\n`);
  return readme.replace(shownCommand, (all, command: string) => {
    const output = outputs.shift();
    return output === undefined ? all : `$ ${command}\n${output}`;
  });
}

/** Without what is another one each time; lines in any order, as instances are listed by ids that are drawn. */
function plain(text: string): string {
  const lines = text
    .replace(/\b\d{8}T\d{6}Z/g, 'OCCURRENCE')
    .replace(/\b\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replace(/\b(mi|r)-[0-9a-zA-Z._-]+/g, '$1-ID')
    .replace(/\b([0-9a-f]{12}){1,5}[0-9a-f]{0,4}\b/g, 'DIGEST')
    .replace(/\b[\d.]+ ?m?s\b/g, 'DURATION')
    .replace(/\bpid \d+/g, 'pid PID')
    .replace(/[^\S\n]+/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return [...new Set(lines)].sort().join('\n'); // A schedule ticks as often as the machine is slow.
}
