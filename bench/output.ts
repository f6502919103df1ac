// What a script that writes a lot costs: 1 GiB at full speed on a real agent, beside the same bytes through a pipe
// into `cat >/dev/null`, and beside the same bytes appended to a file by a shell: output goes to a file, so that the
// agent may die, and what the file system needs for that is no work of the agent's.
//
// The script takes the time itself, so that neither the dispatch nor the report is in it. Memory is what the agent
// has at the most while it is written, above what it has when it is idle.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { eventually, scratch, startController } from '../test/support/processes.ts';
import type { Bench } from './figure.ts';
import { everybody, invocationText } from './manifests.ts';
import { memory, sleep } from './proc.ts';
import { benchRepository } from './repository.ts';
import { median } from './rounds.ts';

const bin = fileURLToPath(new URL('../bin/groundcrew.js', import.meta.url));
/** Seconds. An agent collects its garbage 2 s and 12 s after its last work. */
const settledAfter = 15;

export const output: Bench = async ({ quick, say }) => {
  const room = scratch();
  const size = quick ? '64 MiB' : '1 GiB';
  const told = room.path('told');
  const bytes = quick ? 2 ** 26 : 2 ** 30;
  const write = `head -c ${bytes} /dev/zero`;
  const repository = benchRepository(room.path('repo.git'));
  await repository.commit([['README.md', 'manifests\n']]);
  const controller = await startController({ repo: repository.folder, data: room.path('controller') });
  const { code } = JSON.parse(controller.cli('enrol', 'create', '-o', 'json'));
  const agent = spawn(bin, ['agent', '--controller', controller.url, '--data', room.path('agent')], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], GROUNDCREW_ENROL_CODE: code },
    stdio: 'ignore',
  });
  let round = 0;
  let most = 0;
  let asked = 0;

  async function onAgent(): Promise<number> {
    round += 1;
    const script = `from=$(date +%s%N); ${write}; to=$(date +%s%N); echo $(((to - from) / 1000000)) >>${told}`;
    await repository.commit([
      [`manifests/flood-${round}.yaml`, invocationText(`flood-${round}`, script, everybody)],
    ]);
    return eventually(
      `round ${round} is written`,
      async () => {
        asked += 1;
        // It is not free to ask.
        if (asked % 4 === 0) most = Math.max(most, memory(pidOf(agent)).privateDirty);
        return linesOf(told)[round - 1];
      },
      120,
    );
  }

  /** Milliseconds that the shell takes to write all of it somewhere else. */
  async function inShell(where: string): Promise<number> {
    const script = `from=$(date +%s%N); ${write} ${where}; to=$(date +%s%N); echo $(((to - from) / 1000000))`;
    const child = spawn('/bin/sh', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.on('data', (data: Buffer) => (said += data.toString()));
    await once(child, 'close');
    return Number(said);
  }

  try {
    await eventually(
      'the session of the agent is open',
      () => controller.cli('get', 'instances', '-o', 'json').includes('"online": true') || undefined,
    );
    await sleep(settledAfter);
    const idle = memory(pidOf(agent)).privateDirty;
    say(`${bytes} bytes, in turn`);
    const measured: { ours: number; pipe: number; file: number }[] = [];
    // In turn, so that whatever else the machine does meets all; the first round only warms up.
    for (let at = 0; at <= (quick ? 1 : 5); at += 1) {
      const ours = await onAgent();
      const pipe = await inShell('| cat >/dev/null');
      const file = await inShell(`>>${room.path('floor')}`);
      rmSync(room.path('floor'));
      if (at > 0) measured.push({ ours, pipe, file });
    }
    const ours = median(measured.map((each) => each.ours));
    const pipe = median(measured.map((each) => each.pipe));
    const file = median(measured.map((each) => each.file));
    return [
      {
        what: `output: a script writes ${size}, against a pipe into cat`,
        unit: 'ms',
        ours,
        floor: pipe,
        goal: { timesFloor: 2 },
      },
      { what: 'the same, against a shell that appends to a file', unit: 'ms', ours, floor: file },
      {
        what: `output: private dirty memory of the agent meanwhile, above idle`,
        unit: 'MB',
        ours: most - idle,
        goal: { atMost: 10 },
      },
    ];
  } finally {
    agent.kill();
    await controller.end();
    room.remove();
  }
};

function linesOf(file: string): number[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1).map(Number) : [];
}

function pidOf({ pid, exitCode }: ChildProcess): number {
  if (pid === undefined || exitCode !== null) throw new Error('the agent does not run');
  return pid;
}
