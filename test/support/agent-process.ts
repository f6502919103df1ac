// Real agents for tests: the bundle, built from the sources as they are, started as a process of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';
import { findProcesses } from '../../agent/host/process-table.ts';
import { cookieOf } from '../../agent/run/wrapper.ts';
import { noPower } from './processes.ts';

/** For `--import`: kills the agent at the moment that CRASH_AT names. */
export const crashHook = pathToFileURL(fileURLToPath(new URL('./crash-at.mjs', import.meta.url))).href;

export const agentFlags = ['--optimize-for-size', '--no-opt', '--max-semi-space-size=1'];

export interface AgentProcess {
  pid: number;
  /** Its log so far. */
  log: () => string;
  /** Exit code, or the signal's name. */
  exited: Promise<number | string>;
  kill(signal?: NodeJS.Signals): Promise<number | string>;
}

export interface AgentTools {
  dataDir: string;
  folder: string;
  start(
    url: string,
    code?: string,
    more?: {
      env?: Record<string, string>;
      node?: string[];
      args?: string[];
      /** A command line that the agent is run by. */
      under?: string[];
    },
  ): AgentProcess;
  /** Enrols and goes away, so that what follows begins with a session. */
  enrolled(controller: { url: string; code: string; sessions: readonly unknown[] }): Promise<void>;
  /** Ends every agent, removes the folder, and throws if a process of an execution is left. */
  cleanUp(executions: Iterable<string>): Promise<void>;
}

export function makeAgentTools(): AgentTools {
  const folder = mkdtempSync(join(tmpdir(), 'groundcrew-agent-'));
  const dataDir = join(folder, 'data');
  const bundle = join(folder, 'agent.mjs');
  buildSync({
    entryPoints: [fileURLToPath(new URL('../../agent/main.ts', import.meta.url))],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
  });
  const started: AgentProcess[] = [];
  const tools: AgentTools = {
    dataDir,
    folder,
    async enrolled(controller) {
      const agent = tools.start(controller.url, controller.code);
      while (controller.sessions.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
      await agent.kill('SIGTERM');
    },
    start(url, code, more = {}) {
      const agent = follow(
        spawn(
          '/usr/bin/env',
          [
            ...(more.under ?? []),
            process.execPath,
            ...agentFlags,
            ...(more.node ?? []),
            bundle,
            '--controller',
            url,
            '--data',
            dataDir,
            ...(more.args ?? []),
          ],
          {
            env: {
              PATH: process.env.PATH,
              ...noPower,
              ...(code === undefined ? {} : { GROUNDCREW_ENROL_CODE: code }),
              ...more.env,
            },
            stdio: ['ignore', 'pipe', 'pipe'],
          },
        ),
      );
      started.push(agent);
      return agent;
    },
    async cleanUp(executions) {
      for (const agent of started) await agent.kill('SIGKILL');
      const left: string[] = [];
      for (const execution of executions)
        for (const pid of findProcesses(cookieOf(execution))) {
          left.push(`${execution}: ${pid}`);
          process.kill(pid, 'SIGKILL');
        }
      rmSync(folder, { recursive: true, force: true });
      if (left.length > 0) throw new Error(`processes were left: ${left.join(', ')}`);
    },
  };
  return tools;
}

function follow(child: ChildProcess): AgentProcess {
  let log = '';
  const add = (chunk: Buffer) => {
    log += chunk.toString();
  };
  child.stdout?.on('data', add);
  child.stderr?.on('data', add);
  const exited = new Promise<number | string>((resolve) =>
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'gone')),
  );
  return {
    pid: child.pid ?? 0,
    log: () => log,
    exited,
    kill(signal = 'SIGKILL') {
      child.kill(signal);
      return exited;
    },
  };
}
