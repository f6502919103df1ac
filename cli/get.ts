import { Argument } from 'commander';
import { at, get as fetchJson } from './client.ts';
import { type Connection, type ConnectionOptions, connectionOf, withConnection } from './connection.ts';
import { exitCode } from './exit-code.ts';
import { Failure } from './failure.ts';
import { cells, type Documents, type Kind, kindOf, kinds } from './kinds.ts';
import { type OutputFormat, outputOption, printed } from './output.ts';
import type { SubCommand } from './sub-command.ts';

interface Filters {
  invocation?: string;
  instance?: string;
  state?: string;
}

export const get: SubCommand = {
  define(command, { stdout, env }, finish) {
    withConnection(command)
      .addArgument(new Argument('<kind>', kinds.join(', ')).argParser(parseKind))
      .argument('[name]', 'only this one')
      .addOption(outputOption())
      .option('--invocation <name>', 'only of this invocation (executions)')
      .option('--instance <id>', 'only of this instance, by id or name (executions, instances)')
      .option('--state <state>', 'only in this state or phase (executions, invocations)')
      .action(
        async (
          kind: Kind,
          name: string | undefined,
          options: Filters & ConnectionOptions & { output: OutputFormat },
        ) => {
          checkFilters(kind, options);
          const items = await documents(connectionOf(options, env), kind, name, options);
          stdout.write(printed(options.output, { items }, () => cells(kind, items)));
          finish(exitCode.fine);
        },
      );
  },
};

/** For an argument that names a kind. */
export function parseKind(word: string): Kind {
  const kind = kindOf(word);
  if (kind !== undefined) return kind;
  throw new Failure(`there is no kind '${word}'`, `One of: ${kinds.join(', ')}.`, exitCode.usage);
}

/** The documents of a kind that pass the filters; with a name exactly one, or a Failure. */
export async function documents<K extends Kind>(
  connection: Connection,
  kind: K,
  name: string | undefined,
  filters: Filters = {},
): Promise<Documents[K][]> {
  if (name !== undefined && kind !== 'executions')
    return [await fetchJson<Documents[K]>(connection, at(kind, name))];
  const items =
    kind === 'executions'
      ? await pages<Documents[K]>(connection, filters)
      : (await fetchJson<{ items: Documents[K][] }>(connection, at(kind))).items;
  // What the controller has filtered already passes again.
  const found = items.filter(
    (item) => (name === undefined || item.metadata.name === name) && passes(item, filters),
  );
  if (name !== undefined && found.length === 0)
    throw new Failure(`there is no execution '${name}'`, '`groundcrew get executions` lists them.');
  return found;
}

/** All executions that the controller finds, page by page. */
async function pages<T extends { metadata: { name: string } }>(
  connection: Connection,
  { invocation, instance, state }: Filters,
): Promise<T[]> {
  const found: T[] = [];
  // A phase is not a state: the controller filters by state, and what is left is done here.
  const known = states.find((one) => one.toLowerCase() === state?.toLowerCase());
  for (;;) {
    const query = {
      invocation,
      instance,
      state: known,
      limit: String(page),
      after: found.at(-1)?.metadata.name,
    };
    const { items } = await fetchJson<{ items: T[] }>(connection, at('executions'), query);
    found.push(...items);
    if (items.length < page) return found;
  }
}

const page = 10_000;
// Without Failed, which is a phase of the state Finished too.
const states = ['Running', 'Stopping', 'Stopped', 'Finished'];

function passes(document: Documents[Kind], { invocation, instance, state }: Filters): boolean {
  const { status } = document;
  const is = (wanted: string | undefined, ...values: (string | undefined)[]): boolean =>
    wanted === undefined || values.some((value) => value?.toLowerCase() === wanted.toLowerCase());
  const names = 'instance' in status ? [status.instance] : [];
  if ('instanceName' in status) names.push(status.instanceName);
  else names.push(document.metadata.name);
  return (
    is(invocation, 'invocation' in status ? status.invocation : undefined) &&
    is(instance, ...names) &&
    is(state, 'state' in status ? status.state : undefined, 'phase' in status ? status.phase : undefined)
  );
}

const filterable = {
  invocation: ['executions'],
  instance: ['executions', 'instances'],
  state: ['executions', 'invocations'],
} satisfies Record<keyof Filters, Kind[]>;

function checkFilters(kind: Kind, filters: Filters): void {
  for (const [filter, legal] of Object.entries(filterable)) {
    const given =
      filter === 'invocation' || filter === 'instance' || filter === 'state' ? filters[filter] : undefined;
    if (given !== undefined && !legal.some((one) => one === kind))
      throw new Failure(
        `--${filter} says nothing about ${kind}`,
        `It is for: ${legal.join(', ')}.`,
        exitCode.usage,
      );
  }
}
