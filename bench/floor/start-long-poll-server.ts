import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface LongPollServer {
  url: string;
  pid: number;
  /** Gives everybody who polls a task. How many there were. */
  wake(wave: string, script: string): Promise<number>;
  end(): Promise<void>;
}

/** The bare server as a process of its own. */
export async function startLongPollServer(data: string): Promise<LongPollServer> {
  const program = fileURLToPath(new URL('long-poll-server.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', program, data], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface(child.stdout), 'line');
  const url = `http://127.0.0.1:${JSON.parse(line).port}`;
  if (child.pid === undefined) throw new Error('the bare server has no pid');
  return {
    url,
    pid: child.pid,
    async wake(wave, script) {
      const body = JSON.stringify({ wave, script });
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${url}/wake`, { method: 'POST', headers, body });
      const { woken } = Object(await answer.json());
      return Number(woken);
    },
    async end() {
      child.kill();
      await once(child, 'exit');
    },
  };
}
