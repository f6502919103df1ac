import { execFile } from 'node:child_process';
import { Failure } from '../failure.ts';

/**
 * Runs git in a folder and resolves with what it prints. Its environment is built from a list: no GIT_* of the
 * shell, no configuration of the user or the system.
 */
export function git(folder: string, ...args: string[]): Promise<string> {
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_CEILING_DIRECTORIES: folder,
  };
  return new Promise((resolve, reject) => {
    execFile('git', args, { cwd: folder, env, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout.trim());
      else if ('code' in error && error.code === 'ENOENT')
        reject(new Failure('git is not installed', 'Install git, 2.36 or newer.'));
      else
        reject(
          new Failure(
            `git ${args[0] ?? ''} failed in ${folder}: ${stderr.trim() || error.message}`,
            'Delete the folder to begin anew, if you do not need what is in it.',
          ),
        );
    });
  });
}
