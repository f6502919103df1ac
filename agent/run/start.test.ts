// Where, with what and how a script runs, and what refuses to: real agents.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RunOrder } from '../../schemas/generated/wire.ts';
import { type AgentScene, agentScene, until } from '../../test/support/agent-scene.ts';

let scene: AgentScene;

beforeEach(async () => {
  scene = await agentScene();
});

afterEach(() => scene.close());

const tasks = () => join(scene.tools.dataDir, 'tasks');
const journal = () => readFileSync(join(scene.tools.dataDir, 'journal.log'), 'utf8');

test('a script sees these variables and no others, whatever the agent itself was given', async () => {
  scene.start({ env: { SECRET_OF_THE_AGENT: 'x', LD_LIBRARY_PATH: '/x', GROUNDCREW_LABEL: 'a=b' } });
  const execution = scene.offer('tr "\\0" "\\n" </proc/$$/environ | sort', {
    environment: { GC_PARAM_PORT: '80', GC_PARAM_EMPTY: '' },
    invocation: 'restart-web',
  });
  await scene.controller.ended(execution);
  const { username, homedir } = userInfo();
  expect(scene.controller.output(execution).trimEnd().split('\n')).toEqual([
    'GC_PARAM_EMPTY=',
    'GC_PARAM_PORT=80',
    `GROUNDCREW_EXECUTION=${execution}`,
    'GROUNDCREW_INVOCATION=restart-web',
    `HOME=${homedir}`,
    'LANG=C.UTF-8',
    `LOGNAME=${username}`,
    `PATH=${process.env.PATH}`,
    // What sh itself adds is its working directory.
    `PWD=${homedir}`,
    `USER=${username}`,
  ]);
});

test('a script runs in the directory that its order says, a link to one too', async () => {
  scene.start();
  const directory = join(scene.tools.folder, 'with blank');
  mkdirSync(directory);
  const link = join(scene.tools.folder, 'link');
  symlinkSync(directory, link);
  for (const workingDir of [directory, link]) {
    const execution = scene.offer('pwd -P; echo x > made', { workingDir });
    expect(await scene.controller.ended(execution)).toMatchObject({ phase: 'Success' });
    expect(scene.controller.output(execution)).toBe(`${directory}\n`);
  }
  expect(existsSync(join(directory, 'made'))).toBe(true);
});

test('a launcher runs the script with its words, and no shell reads them', async () => {
  scene.start();
  const table: [launcher: string, script: string, output: string][] = [
    ['env A=$HOME "B=x  y" sh {{ACS::ScriptFileName}} "*"', 'echo "$A|$B|$1"', '$HOME|x  y|*\n'],
    ['cat', 'only read\n', 'only read\n'],
    ['sh -c \'basename "$0"\' {{GC::ScriptFileName|Ext(".mjs")}}', 'x', 'script.mjs\n'],
  ];
  for (const [launcher, script, output] of table) {
    const execution = scene.offer(script, { launcher, type: 'RunBatScript' });
    expect(await scene.controller.ended(execution)).toMatchObject({ phase: 'Success', exitCode: 0 });
    expect(scene.controller.output(execution)).toBe(output);
  }
  await until(() => readdirSync(tasks()).length === 0);
});

test('PowerShell is started as pwsh where that is there', async () => {
  const bin = join(scene.tools.folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'pwsh'), '#!/bin/sh\nfor word; do echo "${word##*/}"; done\n', { mode: 0o755 });
  scene.start({ env: { PATH: `${bin}:${process.env.PATH}` } });
  const execution = scene.offer('Get-Date', { type: 'RunPowerShellScript' });
  expect(await scene.controller.ended(execution)).toMatchObject({ phase: 'Success' });
  expect(scene.controller.output(execution)).toBe('-NoProfile\n-NonInteractive\n-File\nscript.ps1\n');
});

const refused: [why: string, script: string, more: Partial<RunOrder>, code: string, message: string][] = [
  ['a batch file', 'dir', { type: 'RunBatScript' }, 'CommandNotApplicable', 'Only Windows'],
  ['no PowerShell', 'dir', { type: 'RunPowerShellScript' }, 'CommandNotApplicable', 'no pwsh'],
  ['a shebang to nothing', '#!/no/such\nx', {}, 'CommandNotApplicable', '/no/such'],
  [
    'a launcher that is not in PATH',
    'x',
    { launcher: 'no-such-tool -x' },
    'CommandNotApplicable',
    'no-such-tool',
  ],
  ['a launcher that is no launcher', 'x', { launcher: 'sh "' }, 'CommandNotApplicable', 'not closed'],
  [
    'a directory that is not there',
    'x',
    { workingDir: '/no/such/dir' },
    'DirectoryNotExists',
    '/no/such/dir',
  ],
  ['a directory that is a file', 'x', { workingDir: '/etc/passwd' }, 'DirectoryNotExists', 'not a directory'],
  [
    'a directory that is not absolute',
    'x',
    { workingDir: 'etc' },
    'DirectoryNotExists',
    'not an absolute path',
  ],
  ['a user that is not there', 'x', { username: 'no-such-user' }, 'AccountNotExists', 'no-such-user'],
  ['a user that is an option', 'x', { username: '--help' }, 'AccountNotExists', '--help'],
  ['a script without text', ' \n', {}, 'InvalidCommandText', 'empty'],
  [
    'a parameter that no process can be given',
    'x',
    { environment: { GC_PARAM_X: 'a\0b' } },
    'InvalidCommandText',
    'GC_PARAM_X',
  ],
  [
    'a parameter that is too long for a process',
    'x',
    { environment: { GC_PARAM_X: 'x'.repeat(140_000) } },
    'InvalidCommandText',
    '128 KiB',
  ],
];

describe('what this instance cannot run is Invalid, and nothing of it is started or left', () => {
  test('whatever the reason is, and a dry run says the same', async () => {
    scene.start();
    for (const [why, script, more, errorCode, message] of refused)
      for (const dryRun of [{}, { dryRun: true } as const]) {
        const end = await scene.endOf(script, { ...more, ...dryRun });
        expect({ why, ...end }).toMatchObject({ why, phase: 'Invalid', errorCode, outputBytes: 0 });
        expect(end.message).toContain(message);
        expect(end.startedAt ?? end.exitCode).toBeUndefined();
      }
    expect(scene.controller.messages.some((m) => m.is === 'started')).toBe(false);
    expect(journal()).not.toContain('"intended"');
    expect(readdirSync(tasks())).toEqual([]);
  });
});

test('a dry run of what could run is a Success that ran nothing', async () => {
  scene.start();
  const witness = join(scene.tools.folder, 'witness');
  const end = await scene.endOf(`echo ran >${witness}`, { dryRun: true, workingDir: '/', launcher: 'sh' });
  expect(end).toMatchObject({ phase: 'Success', message: 'Checked; nothing was run.', outputBytes: 0 });
  expect(end.exitCode ?? end.errorCode ?? end.startedAt).toBeUndefined();
  expect(existsSync(witness)).toBe(false);
  expect(readdirSync(tasks())).toEqual([]);
  expect(journal()).not.toContain('"intended"');
});

test('a process that the machine refuses to make is an Error: ExecutionException', async () => {
  scene.start();
  // Each of them fits; all of them together are more than one process may be given.
  const names = Array.from({ length: 60 }, (_, number) => `GC_PARAM_${number}`);
  const environment = Object.fromEntries(names.map((name) => [name, 'x'.repeat(120_000)]));
  const end = await scene.endOf('exit 0', { environment });
  expect(end).toMatchObject({ phase: 'Error', errorCode: 'ExecutionException' });
  expect(end.message).toContain('E2BIG');
});

test('a script that is too large for its order is not run as an empty one', async () => {
  scene.start();
  const end = await scene.endOf('', { blob: { sha256: '0'.repeat(64), size: 9 } });
  expect(end).toMatchObject({ phase: 'Error', errorCode: 'ExecutionException' });
});

test('a script that a signal kills has failed, with 128 and the number of the signal', async () => {
  scene.start();
  for (const [signal, exitCode] of [
    ['TERM', 143],
    ['KILL', 137],
  ] as const)
    expect(await scene.endOf(`kill -${signal} $$; sleep 5`)).toMatchObject({
      phase: 'Failed',
      exitCode,
      errorCode: 'ExitCodeNonzero',
    });
});

test('a script may take what the machine has: of CPU, memory and files it has the limits of the agent', async () => {
  const limits = 'for of in t v m f n u; do ulimit -$of; done 2>&1';
  scene.start();
  const execution = scene.offer(limits);
  await scene.controller.ended(execution);
  const own = spawnSync('/bin/sh', ['-c', limits], { encoding: 'utf8' });
  expect(scene.controller.output(execution).replace(/^.*script: \d+: |^\/bin\/sh: \d+: /gm, '')).toBe(
    own.stdout.replace(/^.*sh: \d+: /gm, ''),
  );
});

test('an agent listens on nothing', async () => {
  const agent = scene.start();
  await scene.endOf('exit 0');
  const sockets = readdirSync(`/proc/${agent.pid}/fd`).flatMap((fd) => {
    const link = readlinkSync(`/proc/${agent.pid}/fd/${fd}`, 'utf8');
    return /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? [];
  });
  expect(sockets.length).toBeGreaterThan(0);
  const own = ['tcp', 'tcp6', 'udp', 'udp6', 'unix'].flatMap((table) =>
    socketsOf(agent.pid, table).filter((line) => sockets.some((inode) => line.split(/\s+/).includes(inode))),
  );
  // What it has is the connection to its controller (01: established); 0A would be one that listens.
  const states = own.map((line) => line.split(/\s+/)[3]);
  expect(states).toContain('01');
  expect(states).not.toContain('0A');
});

/** Lines of a table of the kernel's: of the network that this process is in. */
function socketsOf(pid: number, table: string): string[] {
  const path = `/proc/${pid}/net/${table}`;
  return existsSync(path)
    ? readFileSync(path, 'utf8')
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.trim())
    : [];
}

test('a script is removed when its end is reported, and kept where somebody wants to see it', async () => {
  const first = scene.start();
  await scene.endOf('exit 0');
  await until(() => readdirSync(tasks()).length === 0);
  await first.kill('SIGTERM');
  scene.start({ args: ['--keep-scripts'] });
  const execution = scene.offer('echo kept');
  await scene.controller.ended(execution);
  const folder = join(tasks(), execution);
  await until(() => !existsSync(join(folder, 'output')));
  expect(readdirSync(folder).sort()).toEqual(['script', 'started']);
  expect(readFileSync(join(folder, 'script'), 'utf8')).toBe('echo kept');
  expect((statSync(join(folder, 'script')).mode & 0o777).toString(8)).toBe('500');
});

test('the agent says in which zone its clock is, and how long its machine has been up', async () => {
  scene.start({ env: { TZ: 'Asia/Tokyo' } });
  await until(() => scene.controller.sessions.length === 1);
  const [session] = scene.controller.sessions;
  expect(session?.facts.timezone).toBe('Asia/Tokyo');
  const up = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
  expect(session?.uptimeSeconds).toBeGreaterThan(up - 60);
  expect(session?.uptimeSeconds).toBeLessThanOrEqual(up);
});
