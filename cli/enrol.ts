import { InvalidArgumentError } from 'commander';
import { durationSeconds } from '../schemas/duration.ts';
import type { EnrolmentCode, EnrolmentCodeRequest } from '../schemas/generated/wire.ts';
import { at, get as fetchJson, post, remove } from './client.ts';
import { type ConnectionOptions, connectionOf, withConnection } from './connection.ts';
import { exitCode } from './exit-code.ts';
import { labelsText } from './kinds.ts';
import { type OutputFormat, outputOption, printed } from './output.ts';
import type { SubCommand } from './sub-command.ts';

type Options = ConnectionOptions & { output: OutputFormat };
interface CreateOptions extends Options {
  uses?: number;
  valid?: number;
  label?: Record<string, string>;
}

export const enrol: SubCommand = {
  define(command, { stdout, env }, finish) {
    withConnection(command.command('create').description('make a code; it is shown once'))
      .option('--uses <n>', 'how many agents may enrol with it (1)', wholeNumber)
      .option('--valid <duration>', 'how long it is good for, as in 30m or 7d (4h)', duration)
      .option('--label <key=value>', 'label of the instances that enrol with it; may be given again', label)
      .addOption(outputOption())
      .action(async (options: CreateOptions) => {
        const request: EnrolmentCodeRequest = {
          ...(options.uses === undefined ? {} : { uses: options.uses }),
          ...(options.valid === undefined ? {} : { validSeconds: options.valid }),
          ...(options.label === undefined ? {} : { labels: options.label }),
        };
        const made = await post<EnrolmentCode>(connectionOf(options, env), at('enrolment-codes'), request);
        stdout.write(printed(options.output, made, () => asTable([made])));
        finish(exitCode.fine);
      });

    withConnection(command.command('list').description('the codes, and how often each can still be used'))
      .addOption(outputOption())
      .action(async (options: Options) => {
        const { items } = await fetchJson<{ items: EnrolmentCode[] }>(
          connectionOf(options, env),
          at('enrolment-codes'),
        );
        stdout.write(printed(options.output, { items }, () => asTable(items)));
        finish(exitCode.fine);
      });

    withConnection(command.command('revoke').description('nobody enrols with it any more'))
      .argument('<id>', 'as `groundcrew enrol list` shows it')
      .action(async (id: string, options: ConnectionOptions) => {
        await remove(connectionOf(options, env), at('enrolment-codes', id));
        stdout.write(`${id} is revoked\n`);
        finish(exitCode.fine);
      });
  },
};

function asTable(codes: readonly EnrolmentCode[]): { header: string[]; rows: string[][] } {
  const shown = codes.some(({ code }) => code !== undefined);
  return {
    header: ['ID', ...(shown ? ['CODE'] : []), 'USES LEFT', 'EXPIRES', 'LABELS'],
    rows: codes.map(({ id, code, usesLeft, expiresAt, labels }) => [
      id,
      ...(shown ? [code ?? '-'] : []),
      String(usesLeft),
      expiresAt,
      labelsText(labels) || '-',
    ]),
  };
}

function wholeNumber(text: string): number {
  if (/^[1-9][0-9]{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is not a whole number above 0.');
}

function duration(text: string): number {
  const seconds = durationSeconds(/^[0-9]+$/.test(text) ? Number(text) : text);
  if (seconds !== undefined) return seconds;
  throw new InvalidArgumentError('It is not a duration as in 90s, 30m, 4h or 7d.');
}

function label(text: string, before: Record<string, string> = {}): Record<string, string> {
  const sign = text.indexOf('=');
  if (sign > 0) return { ...before, [text.slice(0, sign)]: text.slice(sign + 1) };
  throw new InvalidArgumentError('It is not of the form key=value.');
}
