// Powers the machine off, or starts it anew, for a script that ended with the code for it.
//
// 1. Not before the controller has the end of that script on its disk.
// 2. Once: that it is done now is synced before it is done. A crash between the two leaves the machine up.
// 3. In the boot that the script ran in. If the machine has been started anew meanwhile, it is as it was wanted.
import { spawn } from 'node:child_process';
import type { Journal } from '../journal/journal.ts';
import type { Log } from '../log.ts';
import type { PowerAction } from './action.ts';

export type PowerCommands = Readonly<Record<PowerAction, readonly string[]>>;

export interface Power {
  /** To be called when the end of this execution has been reported; what it asked for is done. */
  after(execution: string): Promise<void>;
}

export interface PowerNeeds {
  journal: Journal;
  powerCommands: PowerCommands;
  /** For the command's PATH; it gets no other variable. */
  surroundings: { path: string };
  bootId: string;
  log: Log;
  /** Whether no other execution is under way. */
  idle: () => boolean;
}

export function makePower({ journal, powerCommands, surroundings, bootId, log, idle }: PowerNeeds): Power {
  const begun = new Set<string>();
  return {
    async after(execution) {
      const entry = journal.memory.entries.get(execution);
      if (entry?.is !== 'ended' || entry.power === undefined || begun.has(execution)) return;
      const { action, bootId: ranIn } = entry.power;
      if (ranIn !== bootId) return;
      begun.add(execution);
      await journal.write({ is: 'powering', execution });
      const command = powerCommands[action];
      const fields = { execution, action, command: command.join(' ') };
      if (!idle()) log.warn('Executions that run are cut off: a script asks for it', fields);
      log.info('The machine changes its power: a script asks for it', fields);
      run(command, surroundings.path, (why) =>
        log.error('The power command failed', { ...fields, error: why }),
      );
    },
  };
}

function run([program = '', ...args]: readonly string[], path: string, failed: (why: string) => void): void {
  const child = spawn(program, args, { stdio: 'ignore', detached: true, cwd: '/', env: { PATH: path } });
  child.once('error', (error) => failed(error.message));
  child.once('exit', (code, signal) => {
    if (code !== 0) failed(signal ?? `exit code ${code}`);
  });
  child.unref();
}
