import type { ReconcileAnswer } from '../schemas/generated/wire.ts';
import { at, post } from './client.ts';
import { type ConnectionOptions, connectionOf, withConnection } from './connection.ts';
import { exitCode } from './exit-code.ts';
import type { SubCommand } from './sub-command.ts';
import { oneLine } from './terminal.ts';

export const reconcile: SubCommand = {
  define(command, { stdout, env }, finish) {
    withConnection(command).action(async (options: ConnectionOptions) => {
      const answer = await post<ReconcileAnswer>(connectionOf(options, env), at('reconcile'), {});
      stdout.write(passText(answer));
      const { holds, source } = answer;
      const isRead = source.status === 'True' || source.reason === 'NonFastForward';
      finish(holds.length > 0 ? exitCode.held : isRead ? exitCode.fine : exitCode.failed);
    });
  },
};

function passText({ commit, source, steps, problems, holds }: ReconcileAnswer): string {
  const lines = [commit === undefined ? 'no commit is in force yet' : `in force: ${commit}`];
  if (source.status === 'False')
    lines.push(oneLine(`not read since ${source.since}: ${source.reason}: ${source.message}`));
  lines.push(...(steps.length === 0 ? ['nothing to do'] : steps.map(oneLine)));
  if (problems > 0)
    lines.push(
      `${problems} ${problems === 1 ? 'problem' : 'problems'} in the manifests: run \`groundcrew validate\` there`,
    );
  for (const { id, reason, message, since } of holds)
    lines.push(oneLine(`held since ${since}: ${reason}: ${message}`), `  groundcrew ack ${id}`);
  return `${lines.join('\n')}\n`;
}
