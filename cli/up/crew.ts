// The processes of a try-out. Owns: starting them, noticing that one ended, ending them all.
// 1. Each is in a process group of its own: Ctrl-C reaches only us, and we end them in order.
// 2. Each is written down before anything else happens, so that the next start ends what a crash left over.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { packageFolder } from '../package.ts';
import { type Place, type ProcessMark, readMemory, writeMemory } from './place.ts';
import { markOf, runs } from './process-mark.ts';

export interface Crew {
  /** Starts `groundcrew ARGS…`; what it prints goes to its log. */
  start(name: string, args: readonly string[], env?: Readonly<Record<string, string>>): void;
  /** Resolves when one of them ends that was not asked to, with a sentence about it. */
  readonly lost: Promise<string>;
  /** TERM, after 10 s KILL. */
  end(): Promise<void>;
}

export function makeCrew(place: Place): Crew {
  const children: { name: string; child: ChildProcess }[] = [];
  let ending = false;
  let lose: (sentence: string) => void;
  const lost = new Promise<string>((resolve) => {
    lose = resolve;
  });
  return {
    start(name, args, env = {}) {
      const log = openSync(place.log(name), 'a', 0o600);
      const child = spawn(process.execPath, [...flags(args), binary(), ...args], {
        cwd: place.root,
        env: { ...inherited(), ...env },
        detached: true,
        stdio: ['ignore', log, log],
      });
      closeSync(log);
      children.push({ name, child });
      remember(place, children);
      child.once('error', (error) => lose(`${name} could not be started: ${error.message}`));
      child.once('exit', (code, signal) => {
        if (!ending) lose(`${name} ended (${signal ?? `exit code ${code}`})${lastWords(place, name)}`);
      });
    },
    lost,
    async end() {
      ending = true;
      await Promise.all(children.map(({ child }) => endProcess(child)));
      writeMemory(place, { ...readMemory(place), children: [] });
    },
  };
}

/** Ends what an `up` that was killed has left running here. */
export async function endLeftovers(place: Place): Promise<number> {
  const left = readMemory(place).children.filter(runs);
  for (const mark of left) signalTo(mark, 'SIGTERM');
  for (let waited = 0; left.some(runs) && waited < 10_000; waited += 100) await sleep(100);
  for (const mark of left) signalTo(mark, 'SIGKILL');
  return left.length;
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await gone;
  clearTimeout(timer);
}

function signalTo(mark: ProcessMark, signal: NodeJS.Signals): void {
  if (runs(mark)) process.kill(mark.pid, signal);
}

function remember(place: Place, children: readonly { child: ChildProcess }[]): void {
  const marks = children.flatMap(({ child }) => (child.pid === undefined ? [] : [markOf(child.pid)]));
  writeMemory(place, { ...readMemory(place), children: marks });
}

/** The same flags that bin/groundcrew.js starts an agent with. */
function flags(args: readonly string[]): string[] {
  return args[0] === 'agent' ? ['--optimize-for-size', '--no-opt', '--max-semi-space-size=1'] : [];
}

function binary(): string {
  return join(packageFolder(), 'bin', 'groundcrew.js');
}

/** Our own environment without what would configure Git or another controller. */
function inherited(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(GIT_|GROUNDCREW_|npm_|NODE_OPTIONS$)/.test(name)),
  );
}

function lastWords(place: Place, name: string): string {
  const file = place.log(name);
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n').slice(-5);
  return `; the end of ${file}:\n${lines.join('\n')}`;
}
