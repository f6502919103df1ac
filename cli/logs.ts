import type { InvocationStatus } from '../schemas/generated/status.ts';
import type { LogChunk } from '../schemas/generated/wire.ts';
import { executionParts } from '../schemas/identity.ts';
import { at, get as fetchJson, stream } from './client.ts';
import { type Connection, type ConnectionOptions, connectionOf, withConnection } from './connection.ts';
import { type ExitCode, exitCode } from './exit-code.ts';
import { logPrinter } from './log-printer.ts';
import type { SubCommand, Writable } from './sub-command.ts';

interface LogOptions {
  instance?: string;
  occurrence?: string;
  follow?: boolean;
}

export const logs: SubCommand = {
  define(command, { stdout, stderr, env }, finish) {
    withConnection(command)
      .argument('<invocation>', 'whose output')
      .option('--instance <id>', 'only of this instance, by id or name')
      .option('--occurrence <id>', 'of a run that recurs: of this one, or all; the newest if it is not given')
      .option('-f, --follow', 'go on until the run ends; exit code 1 unless each execution succeeded')
      .action(async (name: string, options: LogOptions & ConnectionOptions) => {
        finish(await show(connectionOf(options, env), name, options, stdout, stderr));
      });
  },
};

/** Prints the output. Without --follow, 0 whatever the scripts ended with: it was shown. */
async function show(
  connection: Connection,
  name: string,
  { instance, occurrence, follow }: LogOptions,
  stdout: Writable,
  stderr: Writable,
): Promise<ExitCode> {
  const { status } = await fetchJson<InvocationStatus>(connection, at('invocations', name));
  const recurs = recurring.has(status.run?.repeatMode);
  // Then lines of one instance may be of several occurrences.
  const several = recurs && (occurrence === 'all' || (follow === true && occurrence === undefined));
  const printer = logPrinter({
    out: stdout,
    prefixed: several || (instance === undefined && status.counts.total > 1),
    raw: stdout.isTTY !== true,
    ...(several && { prefix: (name, execution) => `${name} ${executionParts(execution)?.occurrence} | ` }),
  });
  const ended = new Map<string, boolean>();
  const query = { instance, occurrence, follow: follow === true ? 'true' : undefined };
  for await (const chunk of stream<LogChunk>(connection, at('invocations', name, 'logs'), query)) {
    printer.print(chunk);
    ended.set(chunk.execution, chunk.end === undefined ? false : chunk.end.phase === 'Success');
    if (chunk.end !== undefined && chunk.end.phase !== 'Success')
      stderr.write(`${chunk.instanceName}: ${endText(chunk.end)}\n`);
  }
  printer.flush();
  if (follow !== true) return exitCode.fine;
  // Fewer ends than executions: the controller stopped while it was followed.
  const expected = recurs ? 0 : instance === undefined ? status.counts.total : 1;
  const good = ended.size >= expected && [...ended.values()].every(Boolean);
  return good ? exitCode.fine : exitCode.failed;
}

const recurring: ReadonlySet<string | undefined> = new Set(['Period', 'NextRebootOnly', 'EveryReboot']);

/** `Failed, exit code 3`; `Timeout (ErrorCode): message` */
export function endText({ phase, exitCode: code, errorCode, message }: NonNullable<LogChunk['end']>): string {
  const exit = code === undefined ? '' : `, exit code ${code}`;
  const error = errorCode === undefined ? '' : ` (${errorCode})`;
  return `${phase}${exit}${error}${message === undefined ? '' : `: ${message}`}`;
}
