import { Argument, InvalidArgumentError } from 'commander';
import { durationSeconds } from '../schemas/duration.ts';
import { at, get as fetchJson, type Query } from './client.ts';
import { type Connection, type ConnectionOptions, connectionOf, withConnection } from './connection.ts';
import { exitCode } from './exit-code.ts';
import { Failure } from './failure.ts';
import { cells, type Documents, type Kind, kindOf, kinds } from './kinds.ts';
import { type OutputFormat, outputOption, printed } from './output.ts';
import type { SubCommand } from './sub-command.ts';

interface Filters {
  invocation?: string;
  instance?: string;
  occurrence?: string;
  state?: string;
  phase?: string;
  since?: string;
  newestFirst?: boolean;
}

interface Paging {
  limit: number;
  continue?: string;
}

export const get: SubCommand = {
  define(command, { stdout, stderr, env, now }, finish) {
    withConnection(command)
      .addArgument(new Argument('<kind>', kinds.join(', ')).argParser(parseKind))
      .argument('[name]', 'only this one')
      .addOption(outputOption())
      .option('--invocation <name>', 'only of this invocation (executions)')
      .option('--instance <id>', 'only of this instance, by id or name (executions, instances)')
      .option('--occurrence <id>', 'only of this occurrence of a run that recurs (executions)')
      .option('--state <state>', 'only in this state (executions, invocations)')
      .option('--phase <phase>', 'only in this phase (executions, invocations)')
      .option('--since <time>', 'not those that had ended by then: a time, or a duration ago (executions)')
      .option('--newest-first', 'what was accepted last comes first (executions)')
      .option('--limit <n>', 'at most so many', parseLimit, usualLimit)
      .option('--continue <token>', 'go on where an earlier list ended')
      .action(
        async (
          kind: Kind,
          name: string | undefined,
          options: Filters & Paging & ConnectionOptions & { output: OutputFormat },
        ) => {
          checkFilters(kind, options);
          const connection = connectionOf(options, env);
          if (name !== undefined) {
            const items = [await document(connection, kind, name)];
            stdout.write(printed(options.output, { items }, () => cells(kind, items)));
            return finish(exitCode.fine);
          }
          const found = await documents(connection, kind, queryOf(kind, options, now()), options);
          const items = found.items.filter((item) => passes(kind, item, options));
          // The controller lists instances by id, and two may have one name.
          if (kind === 'instances') items.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
          const more = found.continue === undefined ? {} : { continue: found.continue };
          stdout.write(printed(options.output, { items, ...more }, () => cells(kind, items)));
          if (found.continue !== undefined)
            stderr.write(`There are more: --limit ${options.limit * 10}, or --continue ${found.continue}\n`);
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

/** The document of this name, or a Failure. */
export async function document<K extends Kind>(
  connection: Connection,
  kind: K,
  name: string,
): Promise<Documents[K]> {
  return fetchJson<Documents[K]>(connection, at(kind, name));
}

const usualLimit = 10_000;
const mostOnPage = 1000;

/** As many as wanted, page by page; `continue` says where the rest begins. */
async function documents<K extends Kind>(
  connection: Connection,
  kind: K,
  query: Query,
  { limit, continue: from }: Paging,
): Promise<{ items: Documents[K][]; continue?: string }> {
  const items: Documents[K][] = [];
  let place = from;
  do {
    const page = { ...query, limit: String(Math.min(mostOnPage, limit - items.length)), continue: place };
    const answer = await fetchJson<{ items: Documents[K][]; continue?: string }>(connection, at(kind), page);
    items.push(...answer.items);
    place = answer.continue;
  } while (place !== undefined && items.length < limit);
  return place === undefined ? { items } : { items, continue: place };
}

/** What the controller filters itself. */
function queryOf(kind: Kind, filters: Filters, now: number): Query {
  if (kind !== 'executions') return {};
  const { invocation, instance, occurrence, state, phase, since, newestFirst } = filters;
  return {
    invocation,
    instance,
    occurrence,
    state: capitalized(state),
    phase: capitalized(phase),
    since: since === undefined ? undefined : timeOf(since, now),
    order: newestFirst === true ? 'newest' : undefined,
  };
}

function capitalized(word: string | undefined): string | undefined {
  return word && word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase();
}

/** ISO time of a time, or of a duration ago. */
function timeOf(text: string, now: number): string {
  const seconds = durationSeconds(text);
  const time = seconds === undefined ? Date.parse(text) : now - seconds * 1000;
  if (!Number.isNaN(time)) return new Date(time).toISOString();
  throw new Failure(
    `--since ${text} is neither a time nor a duration`,
    'Such as 2026-12-01T08:00:00Z, or 2h.',
    exitCode.usage,
  );
}

function passes<K extends Kind>(kind: K, { metadata, status }: Documents[K], filters: Filters): boolean {
  if (kind === 'executions') return true;
  const is = (wanted: string | undefined, ...values: (string | undefined)[]): boolean =>
    wanted === undefined || values.some((value) => value?.toLowerCase() === wanted.toLowerCase());
  return (
    is(filters.instance, metadata.name, 'instance' in status ? status.instance : undefined) &&
    is(filters.state, 'state' in status ? status.state : undefined) &&
    is(filters.phase, 'phase' in status ? status.phase : undefined)
  );
}

const filterable = {
  invocation: ['executions'],
  instance: ['executions', 'instances'],
  occurrence: ['executions'],
  state: ['executions', 'invocations'],
  phase: ['executions', 'invocations'],
  since: ['executions'],
  newestFirst: ['executions'],
} as const satisfies Record<keyof Filters, Kind[]>;

function checkFilters(kind: Kind, filters: Filters): void {
  for (const filter of filterNames) {
    const legal: readonly Kind[] = filterable[filter];
    if (filters[filter] === undefined || legal.includes(kind)) continue;
    const flag = filter === 'newestFirst' ? 'newest-first' : filter;
    throw new Failure(
      `--${flag} says nothing about ${kind}`,
      `It is for: ${legal.join(', ')}.`,
      exitCode.usage,
    );
  }
}

const filterNames = [
  'invocation',
  'instance',
  'occurrence',
  'state',
  'phase',
  'since',
  'newestFirst',
] as const satisfies (keyof Filters)[];

function parseLimit(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1) return count;
  throw new InvalidArgumentError('It is a whole number from 1.');
}
