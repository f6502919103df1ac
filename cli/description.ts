import type {
  CommandStatus,
  Condition,
  InstanceResult,
  InstanceStatus,
  InvocationStatus,
  OccurrenceStatus,
  ProblemDocument,
} from '../schemas/generated/status.ts';
import type { ExecutionDocument } from '../schemas/generated/wire.ts';
import { labelsText, took } from './kinds.ts';
import { table } from './table.ts';
import { oneLine, printable } from './terminal.ts';

type Document = CommandStatus | InvocationStatus | InstanceStatus | ExecutionDocument;
type Fields = readonly (readonly [string, string | number | undefined])[];

/** What a document says, for people to read. */
export function description(document: Document, problems: readonly ProblemDocument[]): string {
  return sections(document)
    .concat(
      problems.length === 0 ? [] : [section('Problems of its file', problems.map(problemLine).join(''))],
    )
    .join('\n');
}

function sections(document: Document): string[] {
  switch (document.kind) {
    case 'InvocationStatus':
      return invocation(document);
    case 'CommandStatus':
      return command(document);
    case 'InstanceStatus':
      return instance(document);
    case 'Execution':
      return execution(document);
  }
}

function invocation({ metadata, status }: InvocationStatus): string[] {
  const { run, counts } = status;
  const { total, ...states } = counts;
  const facts: Fields = [
    ['Invocation', metadata.name],
    ['Labels', labelsText(metadata.labels)],
    ['State', status.state ?? 'nothing was accepted yet'],
    ['Phase', status.phase],
    ['Manifest', status.deleted === true ? 'deleted; this is its record' : undefined],
    ['Instances', total === 0 ? total : `${total}: ${countsText(states)}`],
    ['Run', run?.id],
    ['Executions', run && countsText(run.phases)],
    ['Accepted', run?.acceptedAt],
    ['Ended', run?.endedAt],
    ['From', run && `${run.source.path}:${run.source.line} at ${run.source.commit.slice(0, 12)}`],
    ['Command', run?.command && `${run.command.name ?? '(inline)'}, ${run.command.type}`],
    ['File', run?.file && `${run.file.targetDir}/${run.file.name}`],
    ['Repeats', run?.repeatMode === 'Once' ? undefined : run?.repeatMode],
    ['Schedule', run?.frequency],
    ['Next', status.next],
    ['Content', (run?.command ?? run?.file)?.contentDigest],
    ['Stopped', run?.stopped && `by ${run.stopped.by} at ${run.stopped.at}: ${run.stopped.reason}`],
  ];
  const parts = [fields(facts), ...conditions(status.conditions)];
  if (status.instances.length > 0) parts.push(section('Instances', results(status.instances)));
  if (status.instancesOmitted !== undefined)
    parts.push(
      `  and ${status.instancesOmitted} more: \`groundcrew get executions --invocation ${metadata.name}\`\n`,
    );
  for (const { name, outputTail } of status.instances)
    if (outputTail !== undefined)
      parts.push(section(`Last output of ${name}`, indent(printable(outputTail))));
  const occurrences = (status.occurrences ?? []).map(occurrenceRow);
  if (occurrences.length > 0)
    parts.push(
      section('Occurrences', indent(table(['OCCURRENCE', 'STATE', 'EXECUTIONS', 'CONTENT'], occurrences))),
    );
  const past = (status.pastRuns ?? []).map((one) => [
    one.id,
    one.state,
    countsText(one.phases),
    one.acceptedAt,
  ]);
  if (past.length > 0)
    parts.push(section('Earlier runs', indent(table(['RUN', 'STATE', 'EXECUTIONS', 'ACCEPTED'], past))));
  return parts;
}

function occurrenceRow({
  occurrence,
  state,
  phases,
  contentDigest = '',
  missed,
}: OccurrenceStatus): string[] {
  if (missed !== undefined)
    return [occurrence, 'missed', `${missed.ticks} until ${missed.through}`, missed.reason];
  return [occurrence, state ?? '', countsText(phases ?? {}), contentDigest.slice(0, 12)];
}

function command({ metadata, status }: CommandStatus): string[] {
  const facts: Fields = [
    ['Command', metadata.name],
    ['Labels', labelsText(metadata.labels)],
    ['Description', status.description],
    ['Type', status.type],
    ['Parameters', status.parameters?.join(', ')],
    ['Content', status.contentDigest],
    ['From', `${status.source.path}:${status.source.line} at ${status.source.commit.slice(0, 12)}`],
  ];
  return [fields(facts), ...conditions(status.conditions)];
}

function instance({ metadata, status }: InstanceStatus): string[] {
  const facts: Fields = [
    ['Instance', metadata.name],
    ['Id', status.instance],
    ['Labels', labelsText(metadata.labels)],
    ['Online', status.online === undefined ? undefined : status.online ? 'yes' : 'no'],
    ['System', status.os],
    ['Agent', status.agentVersion],
    ['Enrolled', status.enrolledAt],
    ['Public key', status.publicKey],
  ];
  return [fields(facts)];
}

function execution({ metadata, status }: ExecutionDocument): string[] {
  const facts: Fields = [
    ['Execution', metadata.name],
    ['Invocation', status.invocation],
    ['Instance', `${status.instanceName} (${status.instance})`],
    ['Run', status.run],
    ['Occurrence', status.occurrence],
    ['State', status.state],
    ['Phase', status.phase],
    ['Exit code', status.exitCode],
    ['Error', status.errorCode],
    ['Message', status.message],
    ['Started', status.startedAt],
    ['Ended', status.endedAt],
    ['Output', status.outputBytes === undefined ? undefined : `${status.outputBytes} bytes`],
    ['Dropped', status.droppedBytes ? `${status.droppedBytes} bytes in the middle` : undefined],
  ];
  return [fields(facts)];
}

/** `3 Success, 1 Failed` */
function countsText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
}

function results(instances: readonly InstanceResult[]): string {
  const rows = instances.map((one) => [
    oneLine(one.name),
    one.instance,
    one.state,
    one.phase,
    String(one.exitCode ?? '-'),
    oneLine(one.errorCode ?? '-'),
    took(one.startedAt, one.endedAt) ?? '-',
    oneLine(one.message ?? ''),
  ]);
  return indent(table(['NAME', 'ID', 'STATE', 'PHASE', 'EXIT', 'ERROR', 'TOOK', ''], rows));
}

function conditions(list: readonly Condition[]): string[] {
  if (list.length === 0) return [];
  const lines = list.map(
    ({ type, status, reason, message, since }) =>
      `  ${oneLine(`${status === 'True' ? '' : 'not '}${type} (${reason}) since ${since}: ${message}`)}\n`,
  );
  return [section('Conditions', lines.join(''))];
}

function problemLine({ severity, code, message, hint, file, line, column }: ProblemDocument): string {
  return `  ${oneLine(`${file}:${line}:${column} ${severity} ${code}: ${message}`)}\n    ${oneLine(hint)}\n`;
}

function fields(list: Fields): string {
  const given = list.filter(([, value]) => value !== undefined && value !== '');
  return given.map(([name, value]) => `${`${name}:`.padEnd(14)}${oneLine(String(value))}\n`).join('');
}

function section(title: string, body: string): string {
  return `${title}\n${body}`;
}

function indent(text: string): string {
  return `${text.replace(/\n$/, '').replace(/^/gm, '  ')}\n`;
}
