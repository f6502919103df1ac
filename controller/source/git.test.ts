import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scratchFolder } from '../../test/support/git.ts';
import { eventually } from '../../test/support/sources.ts';
import { redact } from './access.ts';
import { askRemote } from './ask-remote.ts';
import { gitVariables, runGit } from './git.ts';
import { openObjectReader } from './object-reader.ts';

let folder: string;
beforeEach(() => {
  folder = scratchFolder('git');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A git that does what the test says, first on the path. */
function fakeGit(script: string): Record<string, string> {
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'git'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return gitVariables({ searchPath: `${bin}:${process.env.PATH}`, home: folder });
}

describe('a git process', () => {
  it('gets an environment that is built from a list', async () => {
    const { stdout } = await runGit(['x'], { variables: fakeGit('env') });
    const names = stdout
      .toString()
      .trim()
      .split('\n')
      .map((line) => line.split('=')[0] ?? '')
      .filter(
        (name) =>
          !/^GIT_CONFIG_(KEY|VALUE)_\d+$/.test(name) && !['PWD', '_', 'SHLVL', 'OLDPWD'].includes(name),
      );
    expect(names.sort()).toEqual(
      [
        'GIT_ALLOW_PROTOCOL',
        'GIT_CONFIG_COUNT',
        'GIT_CONFIG_GLOBAL',
        'GIT_CONFIG_NOSYSTEM',
        'GIT_NO_LAZY_FETCH',
      ]
        .concat([
          'GIT_NO_REPLACE_OBJECTS',
          'GIT_OPTIONAL_LOCKS',
          'GIT_TERMINAL_PROMPT',
          'HOME',
          'LANG',
          'LC_ALL',
          'PATH',
        ])
        .sort(),
    );
  });

  it('gets configuration that wins over the repository’s', async () => {
    const variables = gitVariables({ searchPath: process.env.PATH ?? '', home: folder });
    await runGit(['init', '-q', folder], { variables });
    writeFileSync(join(folder, '.git/config'), '[core]\n\thooksPath = /evil\n\tfsmonitor = /evil\n', {
      flag: 'a',
    });
    const read = async (key: string) =>
      (await runGit(['config', '--get', key], { variables, cwd: folder })).stdout.toString().trim();
    expect(await read('core.hooksPath')).toBe('/dev/null');
    expect(await read('core.fsmonitor')).toBe('false');
  });

  it('is ended with everything that it started when its time is over', async () => {
    const mark = `30.${process.pid}1`;
    const run = runGit(['x'], { variables: fakeGit(`sleep ${mark} & sleep ${mark}; wait`), timeout: 300 });
    await eventually(() => sleepers(mark) === 2);
    await expect(run).rejects.toThrow('took longer than 300 ms');
    await eventually(() => sleepers(mark) === 0);
  });

  it('is ended when it is aborted', async () => {
    const abort = new AbortController();
    const run = runGit(['x'], { variables: fakeGit('sleep 30'), signal: abort.signal });
    setTimeout(() => abort.abort(), 50);
    await expect(run).rejects.toThrow('was stopped');
  });

  it('may not print without end', async () => {
    await expect(runGit(['x'], { variables: fakeGit('yes'), maxOutput: 100_000 })).rejects.toThrow(
      'printed more than',
    );
  });

  it('gives its exit code and complaint, and a clear error where there is no git', async () => {
    const result = await runGit(['x'], { variables: fakeGit('echo no >&2; exit 7') });
    expect(result).toMatchObject({ exitCode: 7, stderr: 'no\n' });
    const nowhere = gitVariables({ searchPath: folder, home: folder });
    await expect(runGit(['x'], { variables: nowhere })).rejects.toThrow('git cannot be started');
  });
});

describe('a git process that is kept open', () => {
  it('says so where git is too old for it', async () => {
    const reader = openObjectReader(fakeGit('cat >/dev/null & echo "error: unknown option" >&2; exit 129'));
    await expect(reader.info(['1'.repeat(40)])).rejects.toThrow('git 2.36 or newer is needed');
    await reader.close();
  });

  it('says so where there is no git', async () => {
    const reader = openObjectReader(gitVariables({ searchPath: join(folder, 'nothing'), home: folder }));
    await expect(reader.info(['1'.repeat(40)])).rejects.toThrow('ENOENT');
    await reader.close();
  });

  it('is ended when it prints what nobody asked for, and the question fails', async () => {
    const reader = openObjectReader(fakeGit('read line; echo one; echo two; exec sleep 30'));
    await expect(reader.read(['1'.repeat(40)], 10)).rejects.toThrow('does not have the object');
    await expect(reader.info(['1'.repeat(40)])).resolves.toEqual([undefined]);
    await reader.close();
  });
});

describe('a question to a remote', () => {
  const ask = (script: string, args: string[], timeout = 5000) => {
    const { PATH = '' } = fakeGit(script);
    const access = { address: { is: 'folder', path: folder } } as const;
    return askRemote(args, { access, environment: { searchPath: PATH, home: folder }, cwd: folder, timeout });
  };

  it('gives exit code and both outputs, whatever they are', async () => {
    expect(await ask('echo out; echo err >&2; exit 3', ['ls-remote'])).toEqual({
      exitCode: 3,
      stdout: Buffer.from('out\n'),
      stderr: 'err\n',
    });
    expect(await ask('echo out', ['ls-remote'])).toMatchObject({ exitCode: 0, stdout: Buffer.from('out\n') });
    expect(await ask('exit 128', ['ls-remote'])).toMatchObject({ exitCode: 128 });
  });

  it('is stopped when its time is over, or when it prints without end', async () => {
    await expect(ask('exec sleep 30', ['fetch'], 200)).rejects.toMatchObject({ reason: 'timeout' });
    await expect(ask('exec yes', ['fetch'])).rejects.toMatchObject({ reason: 'output' });
  });

  it('is refused with an option that would run a program', async () => {
    const result = ask('echo ran', ['fetch', '--upload-pack=touch x', 'origin']);
    await expect(result).rejects.toMatchObject({ reason: 'not started' });
  });

  it('says so where there is no git', async () => {
    const access = { address: { is: 'folder', path: folder } } as const;
    const environment = { searchPath: join(folder, 'nothing'), home: folder };
    const result = askRemote(['ls-remote'], { access, environment, cwd: folder, timeout: 1000 });
    await expect(result).rejects.toMatchObject({ reason: 'not started' });
  });
});

describe('redaction', () => {
  it('takes out secrets and anything that looks like a credential in a URL', () => {
    expect(redact('token abc at https://ada:pw@host/x and abc', ['abc'])).toBe(
      'token *** at https://***@host/x and ***',
    );
  });
});

function sleepers(mark: string): number {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8') === `sleep\0${mark}\0`;
    } catch {
      return false;
    }
  }).length;
}
