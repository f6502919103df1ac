import type { CommandStatus, InstanceStatus, InvocationStatus } from '../schemas/generated/status.ts';
import type { ExecutionDocument } from '../schemas/generated/wire.ts';
import { oneLine } from './terminal.ts';

export const kinds = ['commands', 'invocations', 'executions', 'instances'] as const;
export type Kind = (typeof kinds)[number];

/** The document that the API has for each kind. */
export interface Documents {
  commands: CommandStatus;
  invocations: InvocationStatus;
  executions: ExecutionDocument;
  instances: InstanceStatus;
}

/** The kind that a word names: singular, plural, in any case. */
export function kindOf(word: string): Kind | undefined {
  const lower = word.toLowerCase();
  return kinds.find((kind) => kind === lower || kind.slice(0, -1) === lower);
}

type Columns<T> = Readonly<Record<string, (document: T) => string | number | undefined>>;

const columns: { readonly [K in Kind]: Columns<Documents[K]> } = {
  commands: {
    NAME: ({ metadata }) => metadata.name,
    TYPE: ({ status }) => status.type,
    PARAMETERS: ({ status }) => status.parameters?.join(','),
    CONTENT: ({ status }) => status.contentDigest.slice(0, 12),
    SOURCE: ({ status }) => `${status.source.path}:${status.source.line}`,
  },
  invocations: {
    NAME: ({ metadata }) => metadata.name,
    STATE: ({ status }) => status.state,
    PHASE: ({ status }) => status.phase,
    INSTANCES: ({ status }) => status.counts.total,
    RUNNING: ({ status }) => (status.counts.Running ?? 0) + (status.counts.Stopping ?? 0),
    FINISHED: ({ status }) => status.counts.Finished ?? 0,
    FAILED: ({ status }) => status.counts.Failed ?? 0,
    STOPPED: ({ status }) => status.counts.Stopped ?? 0,
    ACCEPTED: ({ status }) => status.run?.acceptedAt,
    NOTE: ({ status }) => note(status),
  },
  executions: {
    INVOCATION: ({ status }) => status.invocation,
    INSTANCE: ({ status }) => status.instanceName,
    STATE: ({ status }) => status.state,
    PHASE: ({ status }) => status.phase,
    EXIT: ({ status }) => status.exitCode,
    ERROR: ({ status }) => status.errorCode,
    STARTED: ({ status }) => status.startedAt,
    TOOK: ({ status }) => took(status.startedAt, status.endedAt),
    NAME: ({ metadata }) => metadata.name,
  },
  instances: {
    NAME: ({ metadata }) => metadata.name,
    ID: ({ status }) => status.instance,
    ONLINE: ({ status }) => (status.online === undefined ? undefined : status.online ? 'yes' : 'no'),
    OS: ({ status }) => status.os,
    AGENT: ({ status }) => status.agentVersion,
    LABELS: ({ metadata }) => labelsText(metadata.labels),
    ENROLLED: ({ status }) => status.enrolledAt,
  },
};

/** The columns of a kind, and the cells of each document; an empty cell is a dash. */
export function cells<K extends Kind>(
  kind: K,
  documents: readonly Documents[K][],
): { header: string[]; rows: string[][] } {
  const entries = Object.entries(columns[kind]);
  return {
    header: entries.map(([name]) => name),
    rows: documents.map((document) =>
      entries.map(([, cell]) => oneLine(String(cell(document) ?? '')) || '-'),
    ),
  };
}

/** `a=1,b=2`, by key. */
export function labelsText(labels: Readonly<Record<string, string>> | undefined): string {
  return Object.entries(labels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(',');
}

/** `1.2s` between two times; undefined while one is missing. */
export function took(start: string | undefined, end: string | undefined): string | undefined {
  if (start === undefined || end === undefined) return undefined;
  return `${((Date.parse(end) - Date.parse(start)) / 1000).toFixed(1)}s`;
}

function note(status: InvocationStatusBodyOf): string | undefined {
  const notable = status.conditions.find(({ type, status: value }) =>
    type === 'Accepted' ? value === 'False' : value === 'True',
  );
  if (status.deleted === true) return 'deleted';
  return notable?.reason;
}

type InvocationStatusBodyOf = InvocationStatus['status'];
