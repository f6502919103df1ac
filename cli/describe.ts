import { Argument } from 'commander';
import type { ControllerStatus, ProblemDocument } from '../schemas/generated/status.ts';
import { get as fetchJson } from './client.ts';
import { type ConnectionOptions, connectionOf, withConnection } from './connection.ts';
import { description } from './description.ts';
import { exitCode } from './exit-code.ts';
import { document, parseKind } from './get.ts';
import { type Kind, kinds } from './kinds.ts';
import type { SubCommand } from './sub-command.ts';

export const describe: SubCommand = {
  define(command, { stdout, env }, finish) {
    withConnection(command)
      .addArgument(new Argument('<kind>', kinds.join(', ')).argParser(parseKind))
      .argument('<name>', 'its name')
      .action(async (kind: Kind, name: string, options: ConnectionOptions) => {
        const connection = connectionOf(options, env);
        const described = await document(connection, kind, name);
        const { status } = await fetchJson<ControllerStatus>(connection, '/v1/status');
        stdout.write(description(described, problemsOf(described.status, status.problems)));
        finish(exitCode.fine);
      });
  },
};

/** The problems of the file that it stands in. */
function problemsOf(status: object, problems: readonly ProblemDocument[]): ProblemDocument[] {
  const path = sourcePath(status);
  return problems.filter(({ file }) => file === path);
}

function sourcePath(status: object): string | undefined {
  const source: unknown =
    'run' in status && isRecord(status.run) ? status.run.source : Reflect.get(status, 'source');
  return isRecord(source) && typeof source.path === 'string' ? source.path : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
