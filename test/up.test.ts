// `groundcrew up` as a person meets it: in an empty folder, in a terminal of their own.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const bin = fileURLToPath(new URL('../bin/groundcrew.js', import.meta.url));
let folder: string;
let started: ChildProcess[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'groundcrew-up-'));
  started = [];
});

afterEach(async () => {
  for (const child of started) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGTERM');
    await new Promise((resolve) => child.once('exit', resolve));
  }
  const left = processes().filter(alive);
  for (const pid of left) process.kill(pid, 'SIGKILL');
  rmSync(folder, { recursive: true, force: true });
  expect(left).toEqual([]);
});

interface Run {
  child: ChildProcess;
  text: () => string;
  /** Exit code, or the signal. */
  ended: Promise<number | NodeJS.Signals | null>;
}

function groundcrew(...args: string[]): Run {
  const child = spawn(process.execPath, [bin, ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, GIT_DIR: join(folder, 'nowhere') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  let text = '';
  const add = (data: Buffer): void => {
    text += data.toString();
  };
  child.stdout.on('data', add);
  child.stderr.on('data', add);
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? code));
  });
  return { child, text: () => text, ended };
}

async function prints(run: Run, wanted: RegExp): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!wanted.test(run.text())) {
    if (Date.now() > deadline || run.child.exitCode !== null)
      throw new Error(`it did not print ${wanted}:\n${run.text()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function endsWith(run: Run, code: number): Promise<void> {
  const ended = await run.ended;
  expect({ ended, text: run.text() }).toMatchObject({ ended: code });
}

/** Process ids that it has written down: its children. */
function processes(): number[] {
  const file = join(folder, '.groundcrew', 'up.json');
  if (!existsSync(file)) return [];
  const { children }: { children: { pid: number }[] } = JSON.parse(readFileSync(file, 'utf8'));
  return children.map(({ pid }) => pid);
}

/** A process that only waits to be collected by its parent has ended. */
function alive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !stat.slice(stat.lastIndexOf(')')).startsWith(') Z');
  } catch {
    return false;
  }
}

test('the sample finishes on two instances, and a second start runs nothing again', async () => {
  const first = groundcrew('up', '--once');
  await endsWith(first, 0);
  expect(first.text()).toMatch(/greet-everybody {2}web-1 {2}\| Good morning from web-1/);
  expect(first.text()).toMatch(/greet-everybody {2}web-2 {2}Success, exit code 0/);
  expect(first.text()).toContain('greet-everybody is Finished on 2 instances');
  expect(processes()).toEqual([]);

  const second = groundcrew('up', '--once');
  await endsWith(second, 0);
  expect(second.text()).toContain('greet-everybody: Finished');
  expect(second.text()).not.toContain('Good morning');
}, 120_000);

test('it stays until Ctrl-C, refuses a second one, follows the commands it prints, and ends its processes', async () => {
  const up = groundcrew('up');
  await prints(up, /Ctrl-C ends/);
  const children = processes();
  expect(children).toHaveLength(3);
  expect(children.every(alive)).toBe(true);

  const second = groundcrew('up');
  expect(await second.ended).toBe(1);
  expect(second.text()).toContain(`already runs here, as process ${up.child.pid}`);

  const printed = up
    .text()
    .split('\n')
    .map((line) => line.trim());
  const typed = printed.filter((line) =>
    /^(sed|git -C|export|\S*groundcrew(\.js)?'? (get|describe|logs)) /.test(line),
  );
  expect(typed.length).toBeGreaterThanOrEqual(10);
  const shell = spawn('sh', ['-euc', typed.join('\n')], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  shell.stdout.on('data', (data: Buffer) => (said += data.toString()));
  shell.stderr.on('data', (data: Buffer) => (said += data.toString()));
  const code = await new Promise((resolve) => shell.once('exit', resolve));
  expect({ code, said }).toMatchObject({ code: 0 });
  expect(said).toMatch(/greet-everybody +Finished/);
  await prints(up, /web-1 {2}\| Good evening from web-1[^]*is Finished on 2 instances/);

  up.child.kill('SIGINT');
  expect(await up.ended).toBe(0);
  expect(children.filter(alive)).toEqual([]);
}, 120_000);

test('when a process of it dies it says so and ends the others', async () => {
  const up = groundcrew('up');
  await prints(up, /Ctrl-C ends/);
  const [, agent = 0] = processes();
  const children = processes();
  process.kill(agent, 'SIGKILL');
  expect(await up.ended).toBe(1);
  expect(up.text()).toMatch(/web-1 ended \(SIGKILL\)/);
  expect(children.filter(alive)).toEqual([]);
}, 120_000);

test('a start after one that was killed ends what was left over and goes on', async () => {
  const up = groundcrew('up');
  await prints(up, /Ctrl-C ends/);
  const children = processes();
  up.child.kill('SIGKILL');
  await up.ended;
  expect(children.every(alive)).toBe(true);
  const next = groundcrew('up', '--once');
  await endsWith(next, 0);
  expect(children.filter(alive)).toEqual([]);
  expect(next.text()).not.toContain('Good morning');
}, 120_000);
