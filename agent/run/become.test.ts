// Scripts of other users: real agents that run as root, and scripts as `daemon` and `nobody`.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AgentScene, agentScene, until } from '../../test/support/agent-scene.ts';
import { findAccount } from '../host/find-account.ts';
import { findProcesses } from '../host/process-table.ts';
import { cookieOf } from './wrapper.ts';

const path = process.env.PATH ?? '/usr/bin:/bin';
const [daemon, nobody] = [await findAccount('daemon', path), await findAccount('nobody', path)];
const possible = process.getuid?.() === 0 && daemon !== undefined && nobody !== undefined;

let scene: AgentScene;

beforeEach(async () => {
  scene = await agentScene();
  // As /var/lib is: whoever is to run scripts has to get there.
  chmodSync(scene.tools.folder, 0o711);
});

afterEach(() => scene.close());

const tasks = () => join(scene.tools.dataDir, 'tasks');
const mode = (file: string) => (statSync(file).mode & 0o7777).toString(8);

describe.skipIf(!possible)(
  'as root, which alone can run scripts of others (and with the users daemon and nobody)',
  () => {
    test('a script runs with the user, the groups and the home that were asked for', async () => {
      scene.start();
      const execution = scene.offer('id -u; id -g; id -G; echo $HOME $USER $LOGNAME; umask; pwd', {
        username: 'daemon',
      });
      expect(await scene.controller.ended(execution)).toMatchObject({ phase: 'Success' });
      const groups = spawnSync('id', ['-G', 'daemon'], { encoding: 'utf8' }).stdout.trim();
      expect(scene.controller.output(execution).trim().split('\n')).toEqual([
        String(daemon?.uid),
        String(daemon?.gid),
        groups,
        `${daemon?.home} daemon daemon`,
        '0077',
        daemon?.home,
      ]);
      await until(() => readdirSync(tasks()).length === 0);
    });

    test('the user can read its script, and can neither write nor read what proves how it ended', async () => {
      scene.start();
      const task = 'd=${0%/*}; me=${0##*/}';
      const script = `${task}
      head -c 2 "$0"; echo; echo x >>"$0" || echo kept; rm -f "$0" || echo stays
      for f in output exit started new; do (echo 0 >"$d/$f") 2>/dev/null && echo "wrote $f"; done
      cat "$d/started" "$d/output" 2>/dev/null && echo read
      ls "$d" "$d/.." "$d/../.." 2>/dev/null && echo listed
      cat "$d/../../journal.log" "$d/../../agent.key" 2>/dev/null && echo secrets
      kill -9 $PPID 2>/dev/null && echo killed
      sleep 1; exit 9`;
      const execution = scene.offer(script, { username: 'daemon', workingDir: '/' });
      await scene.controller.told((m) => m.is === 'output' && m.execution === execution);
      const folder = join(tasks(), execution);
      expect([mode(scene.tools.dataDir), mode(tasks()), mode(folder)]).toEqual(['711', '711', '710']);
      expect(statSync(folder)).toMatchObject({ uid: 0, gid: daemon?.gid });
      expect(mode(join(folder, 'script'))).toBe('500');
      expect(statSync(join(folder, 'script')).uid).toBe(daemon?.uid);
      for (const file of ['output', 'started']) {
        expect(statSync(join(folder, file)).uid).toBe(0);
        expect(mode(join(folder, file))).toBe('600');
      }
      expect(await scene.controller.ended(execution)).toMatchObject({ phase: 'Failed', exitCode: 9 });
      const said = scene.controller.output(execution).replace(/^.*(denied|directory).*\n/gm, '');
      expect(said).toBe('d=\nkept\nstays\n');
    });

    test('another user cannot get at the script', async () => {
      scene.start();
      const execution = scene.offer('echo $0; sleep 2', { username: 'daemon' });
      await scene.controller.told((m) => m.is === 'output' && m.execution === execution);
      const script = scene.controller.output(execution).trim();
      const asNobody = ['--reuid=nobody', '--regid=nogroup', '--clear-groups', 'cat', script];
      expect(spawnSync('setpriv', asNobody, { encoding: 'utf8' }).stderr).toContain('Permission denied');
      expect(readFileSync(script, 'utf8')).toContain('echo $0');
      await scene.controller.ended(execution);
    });

    test('a launcher, an extension and a stop work for another user too', async () => {
      scene.start();
      const launcher = 'sh {{GC::ScriptFileName|Ext(".txt")}}';
      const script = `setsid sh -c 'trap "" TERM; sleep 300' & echo \${0##*/}; wait`;
      const execution = scene.offer(script, { username: 'daemon', launcher, graceSeconds: 1 });
      await scene.controller.told((m) => m.is === 'output' && m.execution === execution);
      expect(scene.controller.output(execution)).toBe('script.txt\n');
      expect(findProcesses(cookieOf(execution)).length).toBeGreaterThan(2);
      scene.controller.stop(execution);
      expect(await scene.controller.ended(execution)).toMatchObject({ phase: 'Terminated' });
      expect(findProcesses(cookieOf(execution))).toEqual([]);
    });

    test('mode Process ends the script of another user, and not what it started', async () => {
      scene.start();
      const more = { username: 'daemon', terminationMode: 'Process', graceSeconds: 1 } as const;
      const execution = scene.offer('sleep 300 & echo $!; trap "" TERM; while :; do sleep 0.1; done', more);
      await scene.controller.told((m) => m.is === 'output' && m.execution === execution);
      const child = Number(scene.controller.output(execution));
      scene.controller.stop(execution);
      expect(await scene.controller.ended(execution)).toMatchObject({ phase: 'Terminated' });
      // The sleep of the moment is over by itself.
      await until(() => findProcesses(cookieOf(execution)).length === 1);
      expect(findProcesses(cookieOf(execution))).toEqual([child]);
      process.kill(child, 'SIGKILL');
      await until(() => findProcesses(cookieOf(execution)).length === 0);
    });

    test('without a directory of its own a user without a home is refused: DefaultWorkingDirectoryNotAvailable', async () => {
      scene.start();
      for (const dryRun of [{}, { dryRun: true } as const]) {
        const end = await scene.endOf('pwd', { username: 'nobody', ...dryRun });
        expect(end).toMatchObject({ phase: 'Invalid', errorCode: 'DefaultWorkingDirectoryNotAvailable' });
        expect(end.message).toContain(nobody?.home);
      }
      expect(await scene.endOf('pwd', { username: 'nobody', workingDir: '/' })).toMatchObject({
        phase: 'Success',
      });
    });

    test('what the user may not enter or run is refused before anything starts', async () => {
      const closed = join(scene.tools.folder, 'closed');
      mkdirSync(closed, { mode: 0o700 });
      scene.start();
      const entered = await scene.endOf('pwd', { username: 'daemon', workingDir: closed });
      expect(entered).toMatchObject({ phase: 'Invalid', errorCode: 'DirectoryNotExists' });
      expect(entered.message).toContain('may not enter');
      const launched = await scene.endOf('x', { username: 'daemon', launcher: join(tool(closed), '') });
      expect(launched).toMatchObject({ phase: 'Invalid', errorCode: 'CommandNotApplicable' });
      expect(launched.message).toContain('may not run');
      chmodSync(scene.tools.folder, 0o700);
      const reached = await scene.endOf('pwd', { username: 'daemon' });
      expect(reached).toMatchObject({ phase: 'Invalid', errorCode: 'CommandNotApplicable' });
      expect(reached.message).toContain('a folder above is closed');
      expect(readdirSync(tasks())).toEqual([]);
    });

    test('without setpriv it is said what is missing', async () => {
      const bin = join(scene.tools.folder, 'bin');
      mkdirSync(bin);
      scene.start({ env: { PATH: bin } });
      const end = await scene.endOf('pwd', { username: 'daemon' });
      expect(end).toMatchObject({ phase: 'Invalid', errorCode: 'CommandNotApplicable' });
      expect(end.message).toContain('setpriv');
    });

    test('what is stopped while its user is being looked up is Cancelled, and never starts', async () => {
      const bin = join(scene.tools.folder, 'bin');
      mkdirSync(bin);
      const slow = `#!/bin/sh\necho asked >>${scene.tools.folder}/asked; sleep 1; exec /usr/bin/getent "$@"\n`;
      writeFileSync(join(bin, 'getent'), slow, { mode: 0o755 });
      scene.start({ env: { PATH: `${bin}:${path}` } });
      const execution = scene.offer('echo ran', { username: 'daemon' });
      await until(() => existsSync(join(scene.tools.folder, 'asked')));
      scene.controller.stop(execution);
      expect(await scene.controller.ended(execution)).toMatchObject({ phase: 'Cancelled' });
      expect(scene.controller.messages.some((m) => m.is === 'started')).toBe(false);
    });

    test("the agent's own user is no other user", async () => {
      scene.start();
      const execution = scene.offer('id -u; pwd', { username: 'root' });
      expect(await scene.controller.ended(execution)).toMatchObject({ phase: 'Success' });
      expect(scene.controller.output(execution)).toMatch(/^0\n\//);
      expect(mode(scene.tools.dataDir)).toBe('700');
    });

    test('an agent that is not root runs its own scripts and refuses those of others', async () => {
      chmodSync(scene.tools.folder, 0o777);
      mkdirSync(scene.tools.dataDir);
      chownSync(scene.tools.dataDir, daemon?.uid ?? 0, daemon?.gid ?? 0);
      scene.start({ under: ['setpriv', '--reuid=daemon', '--regid=daemon', '--clear-groups'] });
      const own = scene.offer('id -un', { username: 'daemon' });
      expect(await scene.controller.ended(own)).toMatchObject({ phase: 'Success' });
      expect(scene.controller.output(own)).toBe('daemon\n');
      const end = await scene.endOf('id -un', { username: 'nobody' });
      expect(end).toMatchObject({ phase: 'Invalid', errorCode: 'AccountNotExists' });
      expect(end.message).toContain('only as root');
    });

    test('what cannot be killed is given up, and said: TerminationException', async () => {
      // Root that may not kill is what a container can be; the script belongs to somebody else.
      scene.start({ under: ['setpriv', '--bounding-set=-kill'] });
      const execution = scene.offer('echo $$; exec sleep 300', { username: 'daemon', graceSeconds: 0 });
      await scene.controller.told((m) => m.is === 'output' && m.execution === execution);
      const pid = Number(scene.controller.output(execution));
      scene.controller.stop(execution);
      const end = await scene.controller.ended(execution, 40_000);
      expect(end).toMatchObject({ phase: 'Error', errorCode: 'TerminationException' });
      expect(end.message).toContain(String(pid));
      process.kill(pid, 'SIGKILL');
      await until(() => findProcesses(cookieOf(execution)).length === 0);
    }, 60_000);

    test('an agent that is started anew leaves the way to a script open', async () => {
      const first = scene.start();
      const gate = join(scene.tools.folder, 'gate');
      const script = `echo up; while ! [ -e ${gate} ]; do sleep 0.05; done; cat "$0" >/dev/null && echo there`;
      const execution = scene.offer(script, { username: 'daemon', workingDir: '/' });
      await scene.controller.told((m) => m.is === 'output' && m.execution === execution);
      await first.kill('SIGKILL');
      scene.start();
      await until(() => scene.controller.sessions.length === 2);
      await scene.endOf(`touch ${gate}; chmod 644 ${gate}`);
      expect(await scene.controller.ended(execution)).toMatchObject({ phase: 'Success' });
      expect(scene.controller.output(execution)).toBe('up\nthere\n');
    });
  },
);

/** A program that its folder keeps from others. */
function tool(folder: string): string {
  const program = join(folder, 'tool');
  spawnSync('cp', ['/bin/true', program]);
  if (!existsSync(program)) throw new Error('no tool');
  return program;
}

describe('a user is looked up', () => {
  test('by name only, in the file where getent is missing', async () => {
    const found = await findAccount('root', '/nowhere');
    expect(found).toMatchObject({ name: 'root', uid: 0, gid: 0 });
    expect(await findAccount('root', path)).toEqual(found);
    for (const name of ['0', 'no-such-user', '', '-s', 'a:b', 'root\n'])
      for (const where of [path, '/nowhere']) expect(await findAccount(name, where)).toBeUndefined();
  });
});
