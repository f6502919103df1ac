import { Argument } from 'commander';
import type { CommandHistory } from '../schemas/generated/wire.ts';
import { at, get as fetchJson } from './client.ts';
import { type Connection, type ConnectionOptions, connectionOf, withConnection } from './connection.ts';
import { exitCode } from './exit-code.ts';
import { Failure } from './failure.ts';
import { type OutputFormat, outputOption, printed } from './output.ts';
import type { SubCommand } from './sub-command.ts';
import { oneLine, printable } from './terminal.ts';

export const history: SubCommand = {
  define(command, { stdout, env }, finish) {
    withConnection(command)
      .addArgument(new Argument('<kind>', 'of what').choices(['command']))
      .argument('<name>', 'its name')
      .addOption(outputOption())
      .option('--show <digest>', 'print the script with this digest, or with one that begins so')
      .action(
        async (
          _kind: 'command',
          name: string,
          options: { show?: string; output: OutputFormat } & ConnectionOptions,
        ) => {
          const connection = connectionOf(options, env);
          const found = await fetchJson<CommandHistory>(connection, at('commands', name, 'history'));
          if (options.show === undefined)
            stdout.write(printed(options.output, found, () => ({ header, rows: found.items.map(row) })));
          else {
            const text = await script(connection, found, options.show);
            stdout.write(stdout.isTTY === true ? printable(text) : text);
          }
          finish(exitCode.fine);
        },
      );
  },
};

const header = ['CONTENT', 'COMMIT', 'RECORDED', 'FIRST RUN', 'LAST RUN', 'EXECUTIONS', 'INVOCATIONS'];

function row(content: CommandHistory['items'][number]): string[] {
  const { commit, contentDigest, executions, firstRun, invocations, lastRun, recordedAt } = content;
  return [
    contentDigest.slice(0, 12),
    commit.slice(0, 12),
    recordedAt ?? '-',
    firstRun ?? 'never',
    lastRun ?? 'never',
    String(executions),
    oneLine(invocations.join(', ')) || '-',
  ];
}

async function script(connection: Connection, { items }: CommandHistory, wanted: string): Promise<string> {
  const [one, ...more] = items.filter(({ contentDigest }) => contentDigest.startsWith(wanted));
  if (one === undefined || more.length > 0)
    throw new Failure(
      `${one === undefined ? 'no content has' : 'several contents have'} a digest that begins with ${wanted}`,
      'The column CONTENT of the list shows the digests.',
    );
  const { text } = await fetchJson<{ text: string }>(connection, at('scripts', one.contentDigest));
  return text;
}
