import { at, post } from './client.ts';
import { type ConnectionOptions, connectionOf, withConnection } from './connection.ts';
import { exitCode } from './exit-code.ts';
import type { SubCommand } from './sub-command.ts';

export const ack: SubCommand = {
  define(command, { stdout, env }, finish) {
    withConnection(command)
      .argument('<hold>', 'id of the hold, as `groundcrew reconcile` shows it')
      .option('--reason <text>', 'why it is released; the record says it')
      .action(async (hold: string, options: ConnectionOptions & { reason?: string }) => {
        const { reason } = options;
        await post<unknown>(connectionOf(options, env), at('acks'), {
          hold,
          ...(reason === undefined ? {} : { reason }),
        });
        stdout.write(`${hold} is released\n`);
        finish(exitCode.fine);
      });
  },
};
