import { execFile } from 'node:child_process';

export interface ProgramEnd {
  /** Undefined if it could not be run, or was too slow or too talkative and was killed. */
  code: number | undefined;
  stdout: string;
  stderr: string;
}

/** Runs a short program to its end, without a shell and with nothing but PATH in its environment. It never throws. */
export function runProgram(program: string, args: string[], path: string): Promise<ProgramEnd> {
  const limits = { timeout: 10_000, killSignal: 'SIGKILL', maxBuffer: 64 * 1024 } as const;
  return new Promise((resolve) => {
    execFile(program, args, { ...limits, cwd: '/', env: { PATH: path } }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : undefined;
      resolve({ code, stdout, stderr });
    });
  });
}
