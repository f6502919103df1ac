// Controllers and agents as processes of their own, as people run them, for tests that tell a whole story.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../../bin/groundcrew.js', import.meta.url));

const held = 3;

/** A folder for one test, removed with everything in it by `remove`. */
export interface Scratch {
  path(...parts: string[]): string;
  remove(): void;
}

export function scratch(): Scratch {
  const root = mkdtempSync(join(tmpdir(), 'groundcrew-test-'));
  return {
    path: (...parts) => join(root, ...parts),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** For an agent: a script of a test that asks for it changes nothing of this machine. */
export const noPower = { GROUNDCREW_POWER_OFF_COMMAND: 'false', GROUNDCREW_REBOOT_COMMAND: 'false' };

export interface RunningProcess {
  child: ChildProcess;
  /** Everything that it printed so far. */
  output(): string;
  /** Sends the signal and waits until the process is gone. */
  end(signal?: NodeJS.Signals): Promise<void>;
}

/** `groundcrew ARGS` as a process. Its environment has no GROUNDCREW_* but what is given. */
/** `under` is a command line that it is run by. */
export function start(
  args: string[],
  env: Record<string, string> = {},
  under: readonly string[] = [],
): RunningProcess {
  const [program = '', ...words] = [...under, process.execPath, bin, ...args];
  const child = spawn(program, words, {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  child.stderr.on('data', (data: Buffer) => (output += data.toString()));
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    child,
    output: () => output,
    async end(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      await gone;
    },
  };
}

export interface RunningController extends RunningProcess {
  url: string;
  /** `groundcrew ARGS` against this controller; its standard output. Throws where it exits with another code than 0 or 3 (held). */
  cli(...args: string[]): string;
}

/** A controller on this repository and data folder, once it serves. `port` 0 takes a free one. */
export async function startController(
  settings: { repo: string; data: string; port?: number },
  ...flags: string[]
): Promise<RunningController> {
  const { repo, data, port = 0 } = settings;
  const controller = start([
    'controller',
    '--repo',
    repo,
    '--data',
    data,
    '--listen',
    `127.0.0.1:${port}`,
    ...flags,
  ]);
  const url = await eventually('the controller serves', () => {
    const line = controller
      .output()
      .split('\n')
      .find((text) => text.includes('"msg":"Serving"'));
    if (line === undefined && controller.child.exitCode !== null) {
      throw new Error(`the controller ended:\n${controller.output()}`);
    }
    return line === undefined ? undefined : String(JSON.parse(line).url);
  });
  const token = (): string => readFileSync(join(data, 'operator-token'), 'utf8').trim();
  return {
    ...controller,
    url,
    cli: (...args) => {
      const env = { PATH: process.env.PATH, GROUNDCREW_CONTROLLER: url, GROUNDCREW_TOKEN: token() };
      const { status, stderr, stdout } = spawnSync(process.execPath, [bin, ...args], {
        encoding: 'utf8',
        env,
      });
      if (status !== 0 && status !== held)
        throw new Error(`groundcrew ${args.join(' ')}: ${status}\n${stderr}`);
      return stdout;
    },
  };
}

/** An agent that enrols with a fresh code, unless its data folder has an identity; once it is known by its name. */
export async function startAgent(
  controller: Pick<RunningController, 'url' | 'cli'>,
  settings: {
    name: string;
    data: string;
    labels?: Record<string, string>;
    under?: readonly string[];
    /** Wins over `noPower`. */
    env?: Record<string, string>;
  },
): Promise<RunningProcess> {
  const { name, data, labels = {}, under = [] } = settings;
  const env: Record<string, string> = { ...noPower, ...settings.env };
  if (!existsSync(join(data, 'identity.json'))) {
    const flags = Object.entries(labels).flatMap(([key, value]) => ['--label', `${key}=${value}`]);
    env['GROUNDCREW_ENROL_CODE'] = JSON.parse(controller.cli('enrol', 'create', ...flags, '-o', 'json')).code;
  }
  const agent = start(['agent', '--controller', controller.url, '--data', data, '--name', name], env, under);
  await eventually(`${name} has enrolled`, () => {
    if (agent.child.exitCode !== null) throw new Error(`the agent ended:\n${agent.output()}`);
    return existsSync(join(data, 'identity.json')) ? true : undefined;
  });
  return agent;
}

/** Asks until the answer is not undefined; throws after `seconds`, saying what it waited for. */
export async function eventually<T>(
  what: string,
  ask: () => T | undefined | Promise<T | undefined>,
  seconds = 20,
): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`waited ${seconds} s in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Ids of the processes that have this line in their environment. */
export function processesWith(line: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(line);
      } catch {
        return false; // It ended meanwhile.
      }
    });
}
