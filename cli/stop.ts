import type { StopAnswer } from '../schemas/generated/wire.ts';
import { at, post } from './client.ts';
import { type ConnectionOptions, connectionOf, withConnection } from './connection.ts';
import { exitCode } from './exit-code.ts';
import type { SubCommand } from './sub-command.ts';

export const stop: SubCommand = {
  define(command, { stdout, env }, finish) {
    withConnection(command)
      .argument('<invocation>', 'what to stop')
      .option('--instance <id...>', 'only on these instances, by id or name')
      .option('--reason <text>', 'why; the status says it')
      .action(async (name: string, options: ConnectionOptions & { instance?: string[]; reason?: string }) => {
        const { instance: instances, reason } = options;
        const answer = await post<StopAnswer>(connectionOf(options, env), at('invocations', name, 'stop'), {
          ...(instances === undefined ? {} : { instances }),
          ...(reason === undefined ? {} : { reason }),
        });
        stdout.write(
          `${name}: ${answer.stopping} stopping, ${answer.cancelled} cancelled, ${answer.ended} had ended before\n`,
        );
        finish(exitCode.fine);
      });
  },
};
