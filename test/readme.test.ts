// The README's ten minutes, as they are typed: each block in its order, with other addresses and folders.
import { execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { killGroup } from '../controller/source/git.ts';
import { selfSigned } from './support/certificate.ts';
import { eventually, type Scratch, scratch } from './support/processes.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = readFileSync(`${root}/README.md`, 'utf8');
const started: number[] = [];
let folder: Scratch;
let port: number;

beforeAll(async () => {
  folder = scratch();
  // A clone in which npm install has run, beside which there is room for ../fleet.
  mkdirSync(folder.path('clone'));
  for (const name of ['bin', 'dist', 'schemas', 'node_modules', 'package.json'])
    symlinkSync(`${root}/${name}`, folder.path('clone', name));
  execFileSync('git', ['init', '-q', '--bare', '-b', 'main', folder.path('fleet.git')]);
  mkdirSync(folder.path('etc'));
  const { cert, key } = selfSigned();
  writeFileSync(folder.path('etc/cert.pem'), cert);
  writeFileSync(folder.path('etc/key.pem'), key);
  writeFileSync(folder.path('etc/git-token'), 'unused\n');
  port = await freePort();
});
afterAll(() => {
  for (const pid of started) killGroup(pid);
  folder.remove();
});

test('every block works as it is typed, in its order', async () => {
  const [repository = '', controller = '', shell = '', code = '', enable = '', look = '', stop = ''] =
    blocksOf('Ten minutes from nothing to a real fleet', 'sh');
  expect(enable).toContain('systemctl');
  type(repository);
  inBackground(controller);
  await eventually('the controller serves', () => said().includes('"msg":"Serving"') || undefined);
  const made = type(`${shell}\n${code}`);
  writeFileSync(folder.path('etc/enrol-code'), made.split('\n')[1]?.split(/\s+/)[1] ?? '');
  const [unit = ''] = blocksOf('Ten minutes from nothing to a real fleet', 'ini');
  inBackground(/ExecStart=((?:.*\\\n)*.*)/.exec(unit)?.[1] ?? '');
  await eventually(
    'the agent has enrolled',
    () => existsSync(folder.path('lib-agent/identity.json')) || undefined,
  );
  // People are not so fast that there is no status yet.
  await eventually('the run is in Git', () => /state: F/.test(statusOf('uptime')) || undefined);
  expect(type(`${shell}\n${look}`)).toMatch(/^uptime .*(Finished|Failed)/m);
  type(`${shell}\n${stop}`);
}, 120_000);

/** The fenced blocks of a section in this language. */
function blocksOf(heading: string, language: string): string[] {
  const section = page.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return [...section.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)]
    .filter(([, found]) => found === language)
    .map(([, , text = '']) => here(text));
}

/** What is somewhere else on this machine. */
function here(text: string): string {
  return text
    .replaceAll('https://git.example.org/you/fleet.git', folder.path('fleet.git'))
    .replaceAll('0.0.0.0:7480', `127.0.0.1:${port}`)
    .replaceAll('fleet.example.org:7480', `localhost:${port}`)
    .replaceAll('/usr/bin/node', process.execPath)
    .replaceAll('/opt/groundcrew/', `${root}dist/`)
    .replaceAll('/var/lib/groundcrew-agent', folder.path('lib-agent'))
    .replaceAll('/var/lib/groundcrew', folder.path('lib'))
    .replaceAll('/etc/groundcrew', folder.path('etc'));
}

const shellOptions = () => ({
  cwd: folder.path('clone'),
  env: {
    PATH: process.env['PATH'],
    HOME: folder.path('home'),
    GROUNDCREW_CA_FILE: folder.path('etc/cert.pem'),
    GIT_AUTHOR_NAME: 'Ada',
    GIT_AUTHOR_EMAIL: 'ada@example.org',
    GIT_COMMITTER_NAME: 'Ada',
    GIT_COMMITTER_EMAIL: 'ada@example.org',
  },
});

/** What it prints; throws where a line of it fails. */
function type(block: string): string {
  return execFileSync('sh', ['-euc', block], {
    ...shellOptions(),
    encoding: 'utf8',
    stdio: 'pipe',
    timeout: 60_000,
  });
}

function inBackground(block: string): void {
  const log = openSync(folder.path('log'), 'a');
  const { pid } = spawn('sh', ['-euc', block], {
    ...shellOptions(),
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  if (pid !== undefined) started.push(pid);
}

/** Text of an Invocation's file on the status branch; '' where there is none. */
function statusOf(invocation: string): string {
  const git = (...args: string[]) =>
    execFileSync('git', ['--git-dir', folder.path('fleet.git'), ...args], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
  if (git('for-each-ref', 'refs/heads/groundcrew-status') === '') return '';
  const paths = git('ls-tree', '-r', '--name-only', 'groundcrew-status').split('\n');
  const path = paths.find((each) => each.endsWith(`/${invocation}.yaml`));
  return path === undefined ? '' : git('show', `groundcrew-status:${path}`);
}

function said(): string {
  return readFileSync(folder.path('log'), 'utf8');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
